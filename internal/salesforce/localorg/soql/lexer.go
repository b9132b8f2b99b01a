package soql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind int

const (
	tokEOF    tokenKind = iota
	tokName             // a name or a path with dots
	tokString           // 'text', unescaped
	tokNumber
	tokDate
	tokDateTime
	tokSymbol // ( ) , = != <> < <= > >= : ;
)

type token struct {
	kind tokenKind
	text string
	pos  int
	like string // of a string: what LIKE reads, in which \_ \% and \\ are still escaped
}

// is tells whether the token is a keyword or symbol.
func (t token) is(word string) bool {
	return (t.kind == tokName || t.kind == tokSymbol) && strings.EqualFold(t.text, word)
}

// lex cuts a query into tokens; the last one is tokEOF.
func lex(text string) ([]token, *Error) {
	var out []token
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case r == '\'':
			tok, next, err := lexString(text, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, tok), next
		case isNameStart(r):
			end := while(text, i, func(r rune) bool { return isNameStart(r) || unicode.IsDigit(r) || r == '.' })
			out, i = append(out, token{kind: tokName, text: text[i:end], pos: i}), end
		case unicode.IsDigit(r), (r == '-' || r == '+' || r == '.') && i+1 < len(text) && text[i+1] >= '0' && text[i+1] <= '9':
			end := while(text, i+1, func(r rune) bool { return strings.ContainsRune("0123456789.:-+TZtzeE", r) })
			tok, ok := number(text[i:end], i)
			if !ok {
				return nil, at(text, i, CodeMalformed, "unexpected token: '"+text[i:end]+"'")
			}
			out, i = append(out, tok), end
		default:
			symbol := text[i : i+size]
			if two := text[i:min(len(text), i+2)]; two == "!=" || two == "<>" || two == "<=" || two == ">=" {
				symbol = two
			}
			if !strings.Contains("(),=<>!=<=>=:", symbol) {
				return nil, at(text, i, CodeMalformed, "unexpected token: '"+symbol+"'")
			}
			out, i = append(out, token{kind: tokSymbol, text: symbol, pos: i}), i+len(symbol)
		}
	}
	return append(out, token{kind: tokEOF, text: "<EOF>", pos: len(text)}), nil
}

// while returns where the run of fitting characters from start on ends.
func while(text string, start int, fits func(rune) bool) int {
	if n := strings.IndexFunc(text[start:], func(r rune) bool { return !fits(r) }); n >= 0 {
		return start + n
	}
	return len(text)
}

func isNameStart(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// escapes of SOQL strings. LIKE has two more, \_ and \%, so that a pattern takes \\
// for a backslash, and never for the first half of one of them.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
const escapes = "n\nr\rt\tb\bf\f\"\"''"

func lexString(text string, start int) (token, int, *Error) {
	var b, like strings.Builder
	put := func(c byte) {
		b.WriteByte(c)
		like.WriteByte(c)
	}
	for i := start + 1; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'':
			return token{kind: tokString, text: b.String(), pos: start, like: like.String()}, i + 1, nil
		case '\\':
			i++
			if i == len(text) {
				break
			}
			switch text[i] {
			case '_', '%':
				put('\\')
				put(text[i])
				continue
			case '\\':
				put('\\')
				like.WriteByte('\\')
				continue
			case 'N':
				put('\n')
				continue
			}
			k := -1
			for j := 0; j < len(escapes); j += 2 {
				if escapes[j] == text[i] {
					k = j
				}
			}
			if k < 0 {
				return token{}, 0, at(text, i-1, CodeMalformed, "Invalid string literal '"+text[start+1:min(len(text), i+1)]+"'. Illegal character sequence '\\"+string(text[i])+"' in string literal.")
			}
			put(escapes[k+1])
		default:
			put(c)
		}
	}
	return token{}, 0, at(text, start, CodeMalformed, "unexpected token: '''")
}

// number tells numbers, dates and datetimes apart.
func number(text string, pos int) (token, bool) {
	switch {
	case len(text) > 10 && text[4] == '-' && (text[10] == 'T' || text[10] == 't'):
		return token{kind: tokDateTime, text: text, pos: pos}, true
	case len(text) == 10 && text[4] == '-' && text[7] == '-':
		return token{kind: tokDate, text: text, pos: pos}, true
	}
	digits := strings.TrimLeft(text, "+-")
	if strings.Count(digits, ".") > 1 || strings.ContainsAny(digits, ":tTzZ") || strings.ContainsAny(strings.ToLower(digits), "+-") && !strings.ContainsAny(digits, "eE") {
		return token{}, false
	}
	return token{kind: tokNumber, text: text, pos: pos}, true
}
