package integration_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"salesforce-integration/internal/integration"
)

func TestParseInstanceURL(t *testing.T) {
	allowed, err := integration.ParseAllowedOrigins("proxy.example.com, proxy.example.com:8443,http://localhost:8001, [::1]:8443")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		in   string
		want string // the origin, or
		why  string // a part of the refusal
	}{
		{"an org", "https://your-org.my.salesforce.com", "https://your-org.my.salesforce.com", ""},
		{"a slash at its end", "https://your-org.my.salesforce.com/", "https://your-org.my.salesforce.com", ""},
		{"spaces around", "  https://your-org.my.salesforce.com\n", "https://your-org.my.salesforce.com", ""},
		{"capitals", "HTTPS://Your-Org.My.Salesforce.COM", "https://your-org.my.salesforce.com", ""},
		{"a sandbox", "https://your-org--uat.sandbox.my.salesforce.com", "https://your-org--uat.sandbox.my.salesforce.com", ""},
		{"a sandbox before enhanced domains", "https://your-org--uat.cs12.my.salesforce.com", "https://your-org--uat.cs12.my.salesforce.com", ""},
		{"a short name with a sandbox is no punycode", "https://ab--uat.sandbox.my.salesforce.com", "https://ab--uat.sandbox.my.salesforce.com", ""},
		{"a developer org", "https://xxx-dev-ed.develop.my.salesforce.com", "https://xxx-dev-ed.develop.my.salesforce.com", ""},
		{"a scratch org", "https://quiet-fox-123-dev-ed.scratch.my.salesforce.com", "https://quiet-fox-123-dev-ed.scratch.my.salesforce.com", ""},
		{"a Trailhead playground", "https://brave-bear-1-dev-ed.trailblaze.my.salesforce.com", "https://brave-bear-1-dev-ed.trailblaze.my.salesforce.com", ""},
		{"a demo org", "https://acme-demo.demo.my.salesforce.com", "https://acme-demo.demo.my.salesforce.com", ""},
		{"a free org", "https://acme.free.my.salesforce.com", "https://acme.free.my.salesforce.com", ""},
		{"a patch org", "https://acme-dev-ed.patch.my.salesforce.com", "https://acme-dev-ed.patch.my.salesforce.com", ""},
		{"a Developer Edition without a partition", "https://acme-dev-ed.my.salesforce.com", "https://acme-dev-ed.my.salesforce.com", ""},
		{"a government sandbox", "https://agency--uat.sandbox.my.salesforce.mil", "https://agency--uat.sandbox.my.salesforce.mil", ""},
		{"a government org in the public suffix", "https://agency.my.salesforce.com", "https://agency.my.salesforce.com", ""},
		{"an org in China, production", "https://acme.my.sfcrmproducts.cn", "https://acme.my.sfcrmproducts.cn", ""},
		{"a name of one letter", "https://a.my.salesforce.com", "https://a.my.salesforce.com", ""},
		{"a name of digits", "https://1234.my.salesforce.com", "https://1234.my.salesforce.com", ""},
		{"a label of 63", "https://" + strings.Repeat("a", 63) + ".my.salesforce.com", "https://" + strings.Repeat("a", 63) + ".my.salesforce.com", ""},
		{"a government org", "https://agency.my.salesforce.mil", "https://agency.my.salesforce.mil", ""},
		{"an org in China", "https://acme--uat.sandbox.my.sfcrmproducts.cn", "https://acme--uat.sandbox.my.sfcrmproducts.cn", ""},
		{"a listed host", "https://proxy.example.com", "https://proxy.example.com", ""},
		{"a listed host with its port", "https://proxy.example.com:8443/", "https://proxy.example.com:8443", ""},
		{"a listed origin", "http://localhost:8001/", "http://localhost:8001", ""},
		{"a listed IPv6 address", "https://[::1]:8443", "https://[::1]:8443", ""},

		{"nothing", "", "", "Enter the org's My Domain URL"},
		{"a listed host over http", "http://proxy.example.com", "", "https://"},
		{"a listed host with another port", "https://proxy.example.com:9443", "", "port"},
		{"a listed origin over https", "https://localhost:8001", "", "port"},
		{"below a listed host", "https://x.proxy.example.com", "", "Only a Salesforce My Domain host"},
		{"http", "http://your-org.my.salesforce.com", "", "https://"},
		{"no scheme", "your-org.my.salesforce.com", "", "https://"},
		{"no scheme but slashes", "//your-org.my.salesforce.com", "", "https://"},
		{"another scheme", "ftp://your-org.my.salesforce.com", "", "https://"},
		{"no host", "https://", "", "names no host"},
		{"opaque", "https:your-org.my.salesforce.com", "", "not a URL"},
		{"the login page", "https://login.salesforce.com", "", "login page of all orgs"},
		{"the sandboxes' login page", "https://test.salesforce.com/", "", "login page of all orgs"},
		{"the browser's address", "https://your-org.lightning.force.com", "", "ends in .my.salesforce.com"},
		{"a page, as the browser shows it", "https://your-org.lightning.force.com/lightning/r/Campaign/701xx000000001AAAQ/view?ws=%2Fx#top", "", "ends in .my.salesforce.com"},
		{"the login page with its parameters", "https://login.salesforce.com/?un=ada", "", "login page of all orgs"},
		{"the set-up pages", "https://your-org.my.salesforce-setup.com", "", "ends in .my.salesforce.com"},
		{"an instance", "https://na139.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"the bare suffix", "https://my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"three labels", "https://a.b.c.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a suffix on top", "https://your-org.my.salesforce.com.evil.example", "", "Only a Salesforce My Domain host"},
		{"a prefix", "https://evilmy.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a dot at its end", "https://your-org.my.salesforce.com.", "", "Only a Salesforce My Domain host"},
		{"an empty label", "https://.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a hyphen in front", "https://-a.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"an underscore", "https://a_b.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a label of 64", "https://" + strings.Repeat("a", 64) + ".my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a user name", "https://evil.example@your-org.my.salesforce.com", "", "user name and password"},
		{"a password", "https://user:hunter2@your-org.my.salesforce.com", "", "user name and password"},
		{"the org as the user name", "https://your-org.my.salesforce.com@evil.example", "", "user name and password"},
		{"an empty user name", "https://@your-org.my.salesforce.com", "", "user name and password"},
		{"a backslash", `https://evil.example\@your-org.my.salesforce.com`, "", "character"},
		{"the usual port", "https://your-org.my.salesforce.com:443", "", "port"},
		{"another port", "https://your-org.my.salesforce.com:8443", "", "port"},
		{"a colon and no port", "https://your-org.my.salesforce.com:", "", "colon"},
		{"a path", "https://your-org.my.salesforce.com/services", "", "path"},
		{"two slashes", "https://your-org.my.salesforce.com//", "", "path"},
		{"an escaped path", "https://your-org.my.salesforce.com/%2e", "", "path"},
		{"a query", "https://your-org.my.salesforce.com?x", "", "?"},
		{"an empty query", "https://your-org.my.salesforce.com/?", "", "?"},
		{"a fragment", "https://your-org.my.salesforce.com#.evil.example", "", "#"},
		{"an empty fragment", "https://your-org.my.salesforce.com#", "", "#"},
		{"an IP address", "https://10.0.0.1", "", "IP address"},
		{"the metadata service", "https://169.254.169.254/", "", "IP address"},
		{"an IPv6 address", "https://[::ffff:10.0.0.1]", "", "IP address"},
		{"a decimal IP address", "https://167772161", "", "Only a Salesforce My Domain host"},
		{"localhost", "https://localhost", "", "Only a Salesforce My Domain host"},
		{"an octal IP address", "https://0251.0376.0251.0376", "", "Only a Salesforce My Domain host"},
		{"an IP address in hex", "https://0xa9fea9fe", "", "Only a Salesforce My Domain host"},
		{"a short IP address", "https://127.1", "", "Only a Salesforce My Domain host"},
		{"an IPv6 address with a zone", "https://[fe80::1%25eth0]", "", "IP address"},
		{"an IP address by a public name", "https://169.254.169.254.nip.io", "", "Only a Salesforce My Domain host"},
		{"an IP address before the suffix", "https://169.254.169.254.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"look-alike letters", "https://your-org.my.sаlesforce.com", "", "character"}, // a Cyrillic а
		{"a full-width dot", "https://your-org.my.salesforce。com", "", "character"},
		{"punycode", "https://xn--slesforce-71a.my.salesforce.com", "", "another script"},
		{"punycode as the partition", "https://acme.xn--sandbox-9ya.my.salesforce.com", "", "another script"},
		{"punycode in capitals", "https://XN--SLESFORCE-71A.my.salesforce.com", "", "another script"},
		{"an ideographic full stop", "https://your-org.my.salesforce。com", "", "character"},
		{"a soft hyphen", "https://your-org.my.sales\u00adforce.com", "", "character"},
		{"a zero-width joiner", "https://your-org\u200d.my.salesforce.com", "", "character"},
		{"the letter long s", "https://your-org.my.\u017falesforce.com", "", "character"}, // IDNA makes an s of it
		{"a Kelvin sign", "https://\u212a.my.salesforce.com", "", "character"},
		{"an escaped host", "https://your-org%2emy.salesforce.com", "", ""},
		{"an escaped slash", "https://evil.example%2f.my.salesforce.com", "", ""},
		{"an escaped at sign", "https://evil.example%40your-org.my.salesforce.com", "", ""},
		{"an escaped hash", "https://evil.example%23.my.salesforce.com", "", ""},
		{"an escaped NUL", "https://evil.example%00.my.salesforce.com", "", ""},
		{"an escape twice over", "https://evil.example%252f.my.salesforce.com", "", ""},
		{"a tab inside", "https://your-org.my.sales\tforce.com", "", "character"},
		{"a tab in the scheme", "ht\ttps://your-org.my.salesforce.com", "", "character"},
		{"a line break in the middle", "https://evil.example\n.my.salesforce.com", "", "character"},
		{"a vertical tab at its end", "https://your-org.my.salesforce.com\v", "https://your-org.my.salesforce.com", ""},
		{"a delete character", "https://your-org.my.salesforce.com\x7f", "", "character"},
		{"bytes that are not UTF-8", "https://your-org.my.salesforce.com\xff", "", "character"},
		{"a backslash for a slash", `https:\\your-org.my.salesforce.com`, "", "character"},
		{"a backslash before the suffix", `https://evil.example\.my.salesforce.com`, "", "character"},
		{"a slash before the suffix", "https://evil.example/.my.salesforce.com", "", "path"},
		{"a question mark before the suffix", "https://evil.example?.my.salesforce.com", "", "?"},
		{"a hash before the suffix", "https://evil.example#.my.salesforce.com", "", "#"},
		{"a semicolon before the suffix", "https://evil.example;.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a comma", "https://your-org.my.salesforce.com,evil.example", "", "Only a Salesforce My Domain host"},
		{"two at signs", "https://a@evil.example@your-org.my.salesforce.com", "", ""},
		{"a port in the user name", "https://your-org.my.salesforce.com:443@evil.example", "", "user name and password"},
		{"a port that is none", "https://your-org.my.salesforce.com:x", "", "not a URL"},
		{"port nought", "https://your-org.my.salesforce.com:0", "", "port"},
		{"a port too high", "https://your-org.my.salesforce.com:99999", "", "port"},
		{"brackets around a name", "https://[your-org.my.salesforce.com]", "", ""},
		{"three slashes", "https:///your-org.my.salesforce.com", "", "names no host"},
		{"javascript", "javascript://your-org.my.salesforce.com/%0aalert(1)", "", "https://"},
		{"a file", "file:///etc/passwd", "", "https://"},
		{"gopher", "gopher://your-org.my.salesforce.com:6379", "", "https://"},
		{"a dot at the end of the org's name", "https://your-org..my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a hyphen at the end of the org's name", "https://your-org-.my.salesforce.com", "", "Only a Salesforce My Domain host"},
		{"a name for one Salesforce has given up", "https://acme.cloudforce.com", "", "Only a Salesforce My Domain host"},
		{"a site's host", "https://acme.my.salesforce-sites.com", "", "Only a Salesforce My Domain host"},
		{"a suffix that reads alike", "https://acme.my-salesforce.com", "", "Only a Salesforce My Domain host"},
		{"the suffix of another domain", "https://acme.my.salesforce.com.cn", "", "Only a Salesforce My Domain host"},
		{"the government's browser address", "https://agency.lightning.force.mil", "", "ends in .my.salesforce.com"},
		{"China's browser address", "https://acme.lightning.sfcrmapps.cn", "", "ends in .my.salesforce.com"},
		{"a NUL", "https://your-org.my.salesforce.com\x00.evil.example", "", "character"},
		{"a line break inside", "https://your-org.my.salesforce.com\r\nHost: evil.example", "", "character"},
		{"too long", "https://" + strings.Repeat("a.", 200) + "my.salesforce.com", "", "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := integration.ParseInstanceURL(tt.in, allowed)
			if got != tt.want {
				t.Errorf("ParseInstanceURL(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
			if tt.want != "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *integration.Error
			if !errors.As(err, &e) || e.Code != integration.CodeInvalid || e.Field != "config.instance_url" || !strings.Contains(e.Message, tt.why) {
				t.Errorf("error = %v, want one that says %q", err, tt.why)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error repeats a password: %v", err)
			}
		})
	}
}

func TestParseAllowedOrigins(t *testing.T) {
	if got, err := integration.ParseAllowedOrigins(" , "); len(got) != 0 || err != nil {
		t.Errorf("an empty list = %v, %v", got, err)
	}
	_, err := integration.ParseAllowedOrigins("good.example.com,ftp://bad.example.com,https://user@bad.example.com,bad.example.com/path,*.example.com")
	for _, bad := range []string{`"ftp://bad.example.com"`, `"https://user@bad.example.com"`, `"bad.example.com/path"`, `"*.example.com"`} {
		if err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("error %v does not name %s", err, bad)
		}
	}
	if err != nil && strings.Contains(err.Error(), "good") {
		t.Errorf("error %v names a good one", err)
	}
}

// FuzzParseInstanceURL: whatever comes in, what comes out is the origin of a My
// Domain host and nothing else, and parses to itself.
func FuzzParseInstanceURL(f *testing.F) {
	for _, seed := range []string{
		"https://your-org.my.salesforce.com", "https://your-org--uat.sandbox.my.salesforce.com/", "https://a@b.my.salesforce.com",
		"https://your-org.my.salesforce.com:443", "https://your-org.my.salesforce.com.evil.example", "https://agency.my.salesforce.mil?x#y",
		`https://evil.example\.my.salesforce.com`, "https://[::1].my.salesforce.com", "https://a%2eb.my.salesforce.com", "HTTPS://A.MY.SALESFORCE.COM",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := integration.ParseInstanceURL(raw, nil)
		if err != nil {
			if got != "" {
				t.Errorf("%q is refused and yields %q", raw, got)
			}
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "https" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.Port() != "" || "https://"+u.Host != got {
			t.Fatalf("%q yields %q, which is more than an origin", raw, got)
		}
		if !strings.HasSuffix(u.Host, ".my.salesforce.com") && !strings.HasSuffix(u.Host, ".my.salesforce.mil") && !strings.HasSuffix(u.Host, ".my.sfcrmproducts.cn") {
			t.Fatalf("%q yields %q, which is not Salesforce's", raw, got)
		}
		if strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
			t.Fatalf("%q yields %q", raw, got)
		}
		if again, err := integration.ParseInstanceURL(got, nil); again != got || err != nil {
			t.Fatalf("%q yields %q, which yields %q, %v", raw, got, again, err)
		}
	})
}
