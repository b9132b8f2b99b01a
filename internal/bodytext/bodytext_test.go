package bodytext_test

import (
	"testing"

	"salesforce-integration/internal/bodytext"
)

func TestLost(t *testing.T) {
	for body, want := range map[string]bool{
		"":              false,
		"b\u00fcro":     false,
		"b\xfcro":       true,
		"b\ufffdro":     true,
		`b\ufffdro`:     false,
		"\U0001f642":    false,
		"\xed\xa0\x80":  true, // a surrogate
		"\xf4\x90\x80?": true, // beyond Unicode
	} {
		if got := bodytext.Lost([]byte(body)); got != want {
			t.Errorf("Lost(%q) = %t", body, got)
		}
	}
}

func TestPacked(t *testing.T) {
	for body, want := range map[string]bool{
		"\x1f\x8b\x08":   true,
		"\x1f\ufffd\x08": true,
		"\x1f":           false,
		"\ufffd":         false,
		"{}":             false,
		"":               false,
	} {
		if got := bodytext.Packed([]byte(body)); got != want {
			t.Errorf("Packed(%q) = %t", body, got)
		}
	}
}

func TestHalfCharacter(t *testing.T) {
	for body, want := range map[string]bool{
		``:                   false,
		`"\ud83d\ude00"`:     false,
		`"\uD83D\uDE00 a"`:   false,
		`"\ud83d"`:           true,
		`"\ude00"`:           true,
		`"\ude00\ud83d"`:     true,
		`"\ud83d\ud83d"`:     true,
		`"\ud83dx\ude00"`:    true,
		`"\\ud83d"`:          false,
		`"\\\ud83d"`:         true,
		`"\u0041\ufffd"`:     false,
		`"\ud83d\ude00\ude0`: false, // cut off, and no JSON
		`\`:                  false,
		`\u12`:               false,
		`"\ud83d\`:           true,
	} {
		if got := bodytext.HalfCharacter([]byte(body)); got != want {
			t.Errorf("HalfCharacter(%s) = %t", body, got)
		}
	}
}
