package soql

import (
	"strings"
	"time"
)

// The date literals, with those that take a number.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_dateformats.htm
const (
	plainLiterals = " YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH " +
		"LAST_90_DAYS NEXT_90_DAYS THIS_QUARTER LAST_QUARTER NEXT_QUARTER THIS_YEAR LAST_YEAR NEXT_YEAR "
	countedLiterals = " LAST_N_DAYS NEXT_N_DAYS N_DAYS_AGO LAST_N_WEEKS NEXT_N_WEEKS LAST_N_MONTHS NEXT_N_MONTHS LAST_N_YEARS NEXT_N_YEARS "
)

func isDateLiteral(word string) bool {
	return strings.Contains(plainLiterals, " "+word+" ") || takesN(word)
}

func takesN(word string) bool { return strings.Contains(countedLiterals, " "+word+" ") }

// span is a stretch of time, from included, to excluded.
type span struct{ from, to time.Time }

// spanOf says which stretch a date literal means. Weeks start on Sunday, as in the
// default locale; days are UTC ones.
func spanOf(v Value, now time.Time) span {
	now = now.UTC()
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	week := day.AddDate(0, 0, -int(day.Weekday()))
	month := day.AddDate(0, 0, 1-day.Day())
	quarter := month.AddDate(0, -(int(month.Month())-1)%3, 0)
	year := time.Date(now.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	days := func(from, to int) span { return span{day.AddDate(0, 0, from), day.AddDate(0, 0, to)} }
	weeks := func(from, to int) span { return span{week.AddDate(0, 0, 7*from), week.AddDate(0, 0, 7*to)} }
	months := func(base time.Time, from, to int) span { return span{base.AddDate(0, from, 0), base.AddDate(0, to, 0)} }
	switch v.Text {
	case "YESTERDAY":
		return days(-1, 0)
	case "TODAY":
		return days(0, 1)
	case "TOMORROW":
		return days(1, 2)
	case "LAST_N_DAYS":
		return days(-v.N, 1)
	case "NEXT_N_DAYS":
		return days(1, v.N+1)
	case "N_DAYS_AGO":
		return days(-v.N, -v.N+1)
	case "LAST_90_DAYS":
		return days(-90, 1)
	case "NEXT_90_DAYS":
		return days(1, 91)
	case "LAST_WEEK":
		return weeks(-1, 0)
	case "THIS_WEEK":
		return weeks(0, 1)
	case "NEXT_WEEK":
		return weeks(1, 2)
	case "LAST_N_WEEKS":
		return weeks(-v.N, 0)
	case "NEXT_N_WEEKS":
		return weeks(1, v.N+1)
	case "LAST_MONTH":
		return months(month, -1, 0)
	case "THIS_MONTH":
		return months(month, 0, 1)
	case "NEXT_MONTH":
		return months(month, 1, 2)
	case "LAST_N_MONTHS":
		return months(month, -v.N, 0)
	case "NEXT_N_MONTHS":
		return months(month, 1, v.N+1)
	case "LAST_QUARTER":
		return months(quarter, -3, 0)
	case "THIS_QUARTER":
		return months(quarter, 0, 3)
	case "NEXT_QUARTER":
		return months(quarter, 3, 6)
	case "LAST_YEAR":
		return months(year, -12, 0)
	case "THIS_YEAR":
		return months(year, 0, 12)
	case "NEXT_YEAR":
		return months(year, 12, 24)
	case "LAST_N_YEARS":
		return months(year, -12*v.N, 0)
	case "NEXT_N_YEARS":
		return months(year, 12, 12*(v.N+1))
	}
	return span{day, day}
}
