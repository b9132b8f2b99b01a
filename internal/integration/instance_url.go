package integration

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// maxInstanceURLLen bounds what is parsed at all: "https://", a host name of 253
// characters and a slash.
const maxInstanceURLLen = 262

// isMyDomainHost knows a My Domain login host: the org's name, and before the suffix
// perhaps its partition (sandbox, develop, scratch, trailblaze … or, before
// enhanced domains, an instance such as cs12). The suffixes are those of the
// public clouds, of Government Cloud Plus Defense and of Salesforce on Alibaba
// Cloud.
// https://help.salesforce.com/s/articleView?id=sf.domain_name_overview.htm
// https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_mydomainsettings.htm
// https://github.com/forcedotcom/sfdx-core/blob/main/src/util/sfdcUrl.ts
// https://github.com/tprouvot/Salesforce-Inspector-reloaded/pull/141
func isMyDomainHost(host string) bool {
	for _, suffix := range []string{".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"} {
		if name, ok := strings.CutSuffix(host, suffix); ok {
			org, partition, parted := strings.Cut(name, ".")
			return isLabel(org) && (!parted || isLabel(partition))
		}
	}
	return false
}

// isLabel says whether s, in small letters, is one part of a host name.
// https://www.rfc-editor.org/rfc/rfc1123#section-2.1
func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && s[0] != '-' && s[len(s)-1] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// loginHosts serve every org, so the client-credentials grant fails on them.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
var loginHosts = []string{"login.salesforce.com", "test.salesforce.com", "welcome.salesforce.com"}

// browserSuffixes end hosts that serve pages and not the API.
var browserSuffixes = []string{".lightning.force.com", ".lightning.force.mil", ".lightning.crmforce.mil", ".lightning.sfcrmapps.cn", ".salesforce-setup.com", ".salesforce-setup.mil", ".my.site.com", ".visualforce.com", ".vf.force.com"}

const exampleInstanceURL = "https://your-org.my.salesforce.com"

// AllowedOrigins are origins that the operator trusts with an org's secrets beside
// Salesforce's own, in the form that [ParseInstanceURL] returns.
type AllowedOrigins []string

// ParseAllowedOrigins reads the operator's list: comma-separated entries, each a
// `host[:port]` (meant with https) or a whole origin such as
// `http://localhost:8001`. The errors of all bad entries are joined.
func ParseAllowedOrigins(list string) (AllowedOrigins, error) {
	var origins AllowedOrigins
	var errs []error
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		raw := entry
		if !strings.Contains(raw, "://") {
			raw = "https://" + raw
		}
		o, why := parseOrigin(raw)
		if why == "" && strings.Trim(o.host, "abcdefghijklmnopqrstuvwxyz0123456789.:-") != "" {
			why = "It is not a host name; there are no wildcards."
		}
		if why != "" {
			errs = append(errs, fmt.Errorf("allowed host %q: %s", entry, why))
			continue
		}
		origins = append(origins, o.String())
	}
	return origins, errors.Join(errs...)
}

// ParseInstanceURL returns the origin (scheme, host and, for an allowed one, port)
// that an org's secrets may be sent to: a Salesforce My Domain host over https, or
// one of the allowed origins as it stands. It looks nothing up, so a caller that
// is about to send a secret can afford to ask again. The error is [CodeInvalid]
// for the field config.instance_url and says what to enter instead.
func ParseInstanceURL(raw string, allowed AllowedOrigins) (string, error) {
	o, why := parseOrigin(strings.TrimSpace(raw))
	if page := o.page(); page != "" && !slices.Contains(allowed, o.String()) {
		why = page // what else is in it, such as the page's path, is of no use any more
	}
	if why == "" && !slices.Contains(allowed, o.String()) {
		why = o.refusal()
	}
	if why != "" {
		return "", Invalidf("config.instance_url", "%s", why)
	}
	return o.String(), nil
}

// origin is a scheme and an authority, in small letters.
type origin struct {
	scheme string
	host   string
	port   string
}

// String spells the origin.
func (o origin) String() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port != "" {
		host += ":" + o.port
	}
	return o.scheme + "://" + host
}

// parseOrigin takes apart a URL that is nothing but an origin; why says what else
// is in it. It never repeats the URL, which may hold a password.
func parseOrigin(raw string) (o origin, why string) {
	switch {
	case raw == "":
		return o, "Enter the org's My Domain URL, for example " + exampleInstanceURL + "."
	case len(raw) > maxInstanceURLLen:
		return o, fmt.Sprintf("It is longer than %d characters, so it cannot be the org's My Domain URL.", maxInstanceURLLen)
	case strings.ContainsFunc(raw, notInURL):
		return o, "It holds a character that no Salesforce host name has (a space, a backslash or one that is not ASCII). Enter it as shown under Setup, My Domain."
	}
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" {
		return o, "It is not a URL. Enter it like " + exampleInstanceURL + "."
	}
	o = origin{scheme: u.Scheme, host: strings.ToLower(u.Hostname()), port: u.Port()}
	switch {
	case o.scheme != "https" && o.scheme != "http":
		return o, "It has to start with https://, like " + exampleInstanceURL + "."
	case u.User != nil:
		return o, "Leave the user name and password out: the URL holds the host only."
	case o.host == "":
		return o, "It names no host. Enter it like " + exampleInstanceURL + "."
	case strings.Trim(u.Path, "/") != "" || u.RawPath != "" || strings.HasPrefix(u.Path, "//"):
		return o, "Leave out everything after the host name: a path is not part of it."
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(raw, "#"):
		return o, "Leave out everything from '?' or '#' on: the URL holds the host only."
	case strings.HasSuffix(u.Host, ":"):
		return o, "Leave out the colon after the host name."
	}
	return o, ""
}

const findInstanceURL = "Find it in Salesforce under Setup, My Domain: " + exampleInstanceURL + " or, for a sandbox, https://your-org--name.sandbox.my.salesforce.com."

// page says that a host of Salesforce is for people, and what to enter instead; "" for
// any other host.
func (o origin) page() string {
	switch {
	case slices.Contains(loginHosts, o.host):
		return o.host + " is the login page of all orgs, and the client-credentials grant does not work there. Enter your own org's My Domain URL. " + findInstanceURL
	case slices.ContainsFunc(browserSuffixes, func(s string) bool { return strings.HasSuffix(o.host, s) }):
		return "This is the address of pages in the browser, not of the API. Enter the org's My Domain URL, which ends in .my.salesforce.com (Government Cloud: .my.salesforce.com or .my.salesforce.mil, China: .my.sfcrmproducts.cn). " + findInstanceURL
	}
	return ""
}

// refusal says why an origin that nobody listed is not an org's; "" when it is.
func (o origin) refusal() string {
	const find = findInstanceURL
	switch {
	case o.scheme != "https":
		return "It has to start with https://: over http the org's secrets would be readable on the way."
	case o.port != "":
		return "Leave the port out: Salesforce answers on the standard one."
	case isIP(o.host):
		return "An IP address is not a Salesforce org. " + find
	case strings.HasPrefix(o.host, "xn--") || strings.Contains(o.host, ".xn--"):
		return "The host name is written in another script's letters, which no Salesforce host has. " + find
	case !isMyDomainHost(o.host):
		return "Only a Salesforce My Domain host may be given an org's secrets. " + find + " Any other host has to be allowed first by whoever operates this deployment."
	}
	return ""
}

func notInURL(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }

func isIP(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
