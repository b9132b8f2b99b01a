package sfid_test

import (
	"errors"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/sfid"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // empty: refused
	}{
		{"15 characters gain a suffix", "7015g000000AbCd", "7015g000000AbCdAAK"},
		{"18 characters stay", "701xx000000001AAAQ", "701xx000000001AAAQ"},
		{"org", "00D5g000004XyZa", "00D5g000004XyZaEAK"},
		{"link", "06A5g000003JkLm", "06A5g000003JkLmEAK"},
		{"user", "0055g000006MnOp", "0055g000006MnOpAAK"},
		{"all capitals are restored", "7015G000000ABCDAAK", "7015g000000AbCdAAK"},
		{"all small letters are restored", "7015g000000abcdaak", "7015g000000AbCdAAK"},
		{"a wrong suffix is a typing error", "7015g000000AbCdAAA", ""},
		{"a capital where a digit stands", "701500000000000aaq", ""},
		{"a suffix outside the alphabet", "701500000000000999", ""},
		{"16 characters", "7015g000000AbCdA", ""},
		{"empty", "", ""},
		{"punctuation", "7015g000000AbC'", ""},
		{"not ASCII", "7015g000000AbCé", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := sfid.Parse(tt.in)
			if got != tt.want {
				t.Errorf("Parse(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if refused := tt.want == ""; refused != errors.Is(err, sfid.ErrInvalid) {
				t.Errorf("Parse(%q) error = %v, want refused = %t", tt.in, err, refused)
			}
		})
	}
}

func TestParsePrefix(t *testing.T) {
	if _, err := sfid.ParsePrefix("00D5g000004XyZaEAK", sfid.PrefixCampaign); !errors.Is(err, sfid.ErrInvalid) {
		t.Errorf("an organization id passed for a campaign: %v", err)
	}
	if got, err := sfid.ParsePrefix("701xx000000001A", sfid.PrefixCampaign); err != nil || got != "701xx000000001AAAQ" {
		t.Errorf("ParsePrefix = %q, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"7015g000000AbCd", "7015g000000AbCdAAK", "7015G000000ABCDAAK", "", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := sfid.Parse(s)
		if err != nil {
			return
		}
		if again, err := sfid.Parse(id); err != nil || again != id {
			t.Fatalf("Parse(%q) = %q, parsed again %q, %v", s, id, again, err)
		}
		if !strings.EqualFold(sfid.Short(id), s[:15]) {
			t.Fatalf("Parse(%q) = %q changed more than case", s, id)
		}
		if fromShort, err := sfid.Parse(sfid.Short(id)); err != nil || fromShort != id {
			t.Fatalf("the 15-character form of %q parses to %q, %v", id, fromShort, err)
		}
	})
}
