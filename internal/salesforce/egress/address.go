package egress

import "net/netip"

// block is a part of the address space that no Salesforce org is in.
type block struct {
	prefix string
	what   string
}

// ipv4Blocks are IANA's special ranges of IPv4; all else is public.
// https://www.iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry.xhtml
func ipv4Blocks() []block {
	return []block{
		{"0.0.0.0/8", "of this network"},
		{"10.0.0.0/8", "private"},
		{"100.64.0.0/10", "of a carrier's NAT"},
		{"127.0.0.0/8", "this machine"},
		{"169.254.0.0/16", "link-local, as are the cloud's metadata"},
		{"172.16.0.0/12", "private"},
		{"192.0.0.0/24", "for protocols"},
		{"192.0.2.0/24", "for documentation"},
		{"192.88.99.0/24", "a relay of 6to4"},
		{"192.168.0.0/16", "private"},
		{"198.18.0.0/15", "for benchmarks"},
		{"198.51.100.0/24", "for documentation"},
		{"203.0.113.0/24", "for documentation"},
		{"224.0.0.0/4", "multicast"},
		{"240.0.0.0/4", "reserved"},
	}
}

// ipv6Global is what IANA has given out of IPv6; beyond it nothing is public.
// https://www.iana.org/assignments/ipv6-address-space/ipv6-address-space.xhtml
const ipv6Global = "2000::/3"

// ipv6Blocks are the special ranges inside of it.
// https://www.iana.org/assignments/iana-ipv6-special-registry/iana-ipv6-special-registry.xhtml
func ipv6Blocks() []block {
	return []block{
		{"2001::/23", "for protocols, as is Teredo"},
		{"2001:db8::/32", "for documentation"},
		{"2002::/16", "6to4, which may lead anywhere in IPv4"},
		{"3fff::/20", "for documentation"},
	}
}

// nat64 is the prefix under which a subnet without IPv4 reaches it, in AWS too:
// the last four bytes are the IPv4 address, which is what has to be public.
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-nat64-dns64.html
const nat64 = "64:ff9b::/96"

// NotPublic says what an address is that a program must not be led to by a name
// somebody else chose; "" for a public one. An IPv4 address inside an IPv6 one
// (mapped, or behind NAT64) is judged as what it is.
func NotPublic(a netip.Addr) string {
	switch {
	case !a.IsValid():
		return "not an address"
	case a.Zone() != "":
		return "of one link only"
	case a.Is4In6():
		a = a.Unmap()
	case contains(nat64, a):
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	if a.Is4() {
		return within(ipv4Blocks(), a)
	}
	if !contains(ipv6Global, a) {
		return special(a)
	}
	return within(ipv6Blocks(), a)
}

func special(a netip.Addr) string {
	switch {
	case a.IsUnspecified():
		return "unspecified"
	case a.IsLoopback():
		return "this machine"
	case a.IsPrivate():
		return "private, as are the cloud's metadata"
	case a.IsLinkLocalUnicast():
		return "link-local"
	case a.IsMulticast():
		return "multicast"
	default:
		return "not one that the Internet routes"
	}
}

func within(blocks []block, a netip.Addr) string {
	for _, b := range blocks {
		if contains(b.prefix, a) {
			return b.what
		}
	}
	return ""
}

// contains takes a prefix that does not parse for one that holds everything, so
// that a slip in the tables above refuses rather than allows.
func contains(prefix string, a netip.Addr) bool {
	p, err := netip.ParsePrefix(prefix)
	return err != nil || p.Contains(a)
}
