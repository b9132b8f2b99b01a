package egress_test

import (
	"net/netip"
	"strings"
	"testing"

	"salesforce-integration/internal/salesforce/egress"
)

func TestNotPublic(t *testing.T) {
	tests := []struct {
		name, addr string
		why        string // a part of it; "" for a public address
	}{
		{"an address of Salesforce's", "13.110.54.1", ""},
		{"the last before 10/8", "9.255.255.255", ""},
		{"the first after 10/8", "11.0.0.0", ""},
		{"the first after 172.16/12", "172.32.0.0", ""},
		{"the last before 100.64/10", "100.63.255.255", ""},
		{"the first after 100.64/10", "100.128.0.0", ""},
		{"IPv6", "2600:1f18::1", ""},
		{"mapped, and public", "::ffff:13.110.54.1", ""},
		{"behind NAT64, and public", "64:ff9b::13.110.54.1", ""},

		{"10/8", "10.0.0.1", "private"},
		{"172.16/12", "172.31.255.255", "private"},
		{"192.168/16", "192.168.1.1", "private"},
		{"loopback", "127.0.0.1", "this machine"},
		{"the rest of loopback", "127.8.8.8", "this machine"},
		{"unspecified", "0.0.0.0", "this network"},
		{"zero's network", "0.1.2.3", "this network"},
		{"metadata", "169.254.169.254", "link-local"},
		{"credentials of a container", "169.254.170.2", "link-local"},
		{"Lambda's runtime", "169.254.100.1", "link-local"},
		{"carrier-grade NAT", "100.64.0.1", "carrier"},
		{"Alibaba Cloud's metadata", "100.100.100.200", "carrier"},
		{"protocol assignments", "192.0.0.192", "protocols"},
		{"documentation", "203.0.113.7", "documentation"},
		{"benchmarks", "198.19.0.1", "benchmarks"},
		{"multicast", "224.0.0.1", "multicast"},
		{"reserved", "240.0.0.1", "reserved"},
		{"broadcast", "255.255.255.255", "reserved"},
		{"IPv6 loopback", "::1", "this machine"},
		{"IPv6 unspecified", "::", "unspecified"},
		{"IPv6 link-local", "fe80::1", "link-local"},
		{"IPv6 with a zone", "fe80::1%eth0", "one link"},
		{"a public one with a zone", "2600:1f18::1%eth0", "one link"},
		{"IPv6 unique local", "fc00::1", "private"},
		{"IPv6 metadata", "fd00:ec2::254", "private"},
		{"IPv6 multicast", "ff02::1", "multicast"},
		{"IPv6 documentation", "2001:db8::1", "documentation"},
		{"the newer documentation", "3fff::1", "documentation"},
		{"Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "protocols"},
		{"6to4 of a private address", "2002:a00:1::1", "6to4"},
		{"site-local of old", "fec0::1", "not one that the Internet routes"},
		{"discard", "100::1", "not one that the Internet routes"},
		{"mapped loopback", "::ffff:127.0.0.1", "this machine"},
		{"mapped metadata", "::ffff:169.254.169.254", "link-local"},
		{"mapped metadata in hex", "::ffff:a9fe:a9fe", "link-local"},
		{"compatible", "::10.0.0.1", "not one that the Internet routes"},
		{"translated", "::ffff:0:10.0.0.1", "not one that the Internet routes"},
		{"behind NAT64", "64:ff9b::10.0.0.1", "private"},
		{"metadata behind NAT64", "64:ff9b::a9fe:a9fe", "link-local"},
		{"behind a NAT64 of one's own", "64:ff9b:1::10.0.0.1", "not one that the Internet routes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := egress.NotPublic(netip.MustParseAddr(tt.addr))
			if tt.why == "" && got != "" || !strings.Contains(got, tt.why) {
				t.Errorf("%s: %q, want %q", tt.addr, got, tt.why)
			}
		})
	}
	if got := egress.NotPublic(netip.Addr{}); got == "" {
		t.Error("no address at all is public")
	}
}

// FuzzNotPublic: what is inside another form is judged as the bare address is.
func FuzzNotPublic(f *testing.F) {
	for _, seed := range []string{"\x0a\x00\x00\x01", "\xa9\xfe\xa9\xfe", "\x0d\x6e\x36\x01", "\x7f\x00\x00\x01", "\x00\x00\x00\x00", "\xff\xff\xff\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 4 {
			t.Skip()
		}
		bare := netip.AddrFrom4([4]byte(b[:4]))
		want := egress.NotPublic(bare)
		mapped := netip.AddrFrom16(bare.As16())
		nat64 := [16]byte{0, 0x64, 0xff, 0x9b}
		copy(nat64[12:], b[:4])
		for _, form := range []netip.Addr{mapped, netip.AddrFrom16(nat64)} {
			if got := egress.NotPublic(form); got != want {
				t.Errorf("%s is %q, and %s is %q", bare, want, form, got)
			}
		}
		if bare.IsPrivate() || bare.IsLoopback() || bare.IsLinkLocalUnicast() || bare.IsMulticast() || bare.IsUnspecified() {
			if want == "" {
				t.Errorf("%s is public", bare)
			}
		}
	})
}
