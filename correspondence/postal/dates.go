package postal

import (
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// looseDates are the ways in which a date is written by whoever has not read the standard, without weekday, commas and remarks.
var looseDates = []string{
	"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "Jan 2 15:04:05 2006", "Jan 2 2006 15:04:05", "Jan 2 15:04:05 -0700 2006", "2 Jan 06 15:04:05 -0700", "2 Jan 06 15:04 -0700",
	"2 January 2006 15:04:05 -0700", "2 January 2006 15:04:05", "January 2 2006 15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02", "2 Jan 2006",
	"2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04 -0700", "2 Jan 2006 15:04:05 -07:00", "2 Jan 2006 15.04.05 -0700", "02-Jan-2006 15:04:05 -0700", "2-Jan-2006 15:04:05",
	"2-Jan-06 15:04:05", "2/Jan/2006 15:04:05 -0700", "2 Jan 2006 3:04:05 PM", "Jan 2 2006 3:04 PM", "1/2/2006 3:04:05 PM", "2 Jan 06 15:04:05", time.RFC3339,
}

// zones are the names that RFC 5322 §4.3 gives a meaning, and those of western Europe.
var zones = map[string]string{
	"UT": "+0000", "GMT": "+0000", "UTC": "+0000", "Z": "+0000", "WET": "+0000", "BST": "+0100", "WEST": "+0100", "CET": "+0100", "MET": "+0100", "CEST": "+0200", "MEST": "+0200",
	"EET": "+0200", "EEST": "+0300", "EST": "-0500", "EDT": "-0400", "CST": "-0600", "CDT": "-0500", "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}

var (
	weekday   = regexp.MustCompile(`(?i)^(mon|tue|wed|thu|fri|sat|sun)[a-z]*[., ]\s*`)
	zoneWord  = regexp.MustCompile(`\s+"?([A-Za-z]+[0-9]*)"?$`)
	zoneShort = regexp.MustCompile(`\s([+-])(\d{3})$`)
	zoneClose = regexp.MustCompile(`(:\d\d)([+-]\d{4})$`)
)

// parseDate reads a date as it is written, within the years in which there was mail or may be.
func parseDate(text string) (time.Time, bool) {
	if text = oneLine(text); text == "" {
		return time.Time{}, false
	}
	at, err := looseDate(text)
	at = at.UTC().Truncate(time.Second)
	if err != nil || !isYear(at.Year()) {
		return time.Time{}, false
	}
	return at, true
}

// isYear reports a year in which there was mail or may be.
func isYear(year int) bool { return year >= 1900 && year <= 9998 }

func looseDate(text string) (at time.Time, err error) {
	without, _ := cutComments(text)
	text = oneLine(without)
	text = oneLine(strings.ReplaceAll(weekday.ReplaceAllString(text, ""), ",", " "))
	if zone := zoneWord.FindStringSubmatchIndex(text); zone != nil {
		offset := zones[strings.ToUpper(text[zone[2]:zone[3]])]
		if word := strings.ToUpper(text[zone[2]:zone[3]]); word != "AM" && word != "PM" { // a name that has no meaning is as good as none
			text = strings.TrimSpace(text[:zone[0]] + " " + offset)
		}
	}
	text = zoneShort.ReplaceAllString(text, " ${1}0$2")
	text = zoneClose.ReplaceAllString(text, "$1 $2")
	if at, err = mail.ParseDate(text); err == nil {
		return at, nil
	}
	for _, layout := range looseDates {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, err
}
