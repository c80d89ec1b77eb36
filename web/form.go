package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chancery/correspondence"
)

// lineField is a field of one line of a list: "action[1].deadline"; the line itself when no part is named.
func lineField(list string, i int, part string) string {
	field := fmt.Sprintf("%s[%d]", list, i)
	if part == "" {
		return field
	}
	return field + "." + part
}

func lineID(list string, i int, part string) string { return fieldID(lineField(list, i, part)) }

// asks is what every line of the address asks.
type asks struct{ qualification, deadline, instruction string }

// isBelow reports whether a field is the one named or stands in it.
func isBelow(field, named string) bool {
	rest, below := strings.CutPrefix(field, named)
	return below && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// fieldsBelow are the faulty fields that stand in one, each once, in the order of the form.
func fieldsBelow(faults []correspondence.Fault, named string) []string {
	var fields []string
	for _, fault := range faults {
		if isBelow(fault.Field, named) && !slices.Contains(fields, fault.Field) {
			fields = append(fields, fault.Field)
		}
	}
	return fields
}

func anyFault(faults []correspondence.Fault, fields ...string) bool {
	return slices.ContainsFunc(fields, func(field string) bool { return len(fieldsBelow(faults, field)) > 0 })
}

// faultWithin reports whether one of these parts of a line is at fault.
func faultWithin(faults []correspondence.Fault, list string, i int, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return anyFault(faults, lineField(list, i, part)) })
}

// extrasText sums up what is asked of an addressee beyond what every line asks; "" when nothing is.
func extrasText(f *frame, a correspondence.FormAddressee) string {
	var set []string
	if a.Precedence != "" {
		set = append(set, knownWord(f, "precedence."+a.Precedence, a.Precedence))
	}
	if a.Night || a.NightReason != "" {
		set = append(set, f.T("row.night"))
	}
	if a.Receipt != "" {
		set = append(set, f.T("compose.receipt-of", "What", knownWord(f, "receipt."+a.Receipt, a.Receipt)))
	}
	if len(a.Serve) > 0 {
		set = append(set, f.T("message.serve", "Offices", strings.Join(a.Serve, " - ")))
	}
	if a.Attention != "" {
		set = append(set, f.T("message.attention", "Whom", a.Attention))
	}
	return strings.Join(set, " · ")
}

// filledTexts counts the texts that are not empty.
func filledTexts(texts ...string) (count int) {
	for _, text := range texts {
		if text != "" {
			count++
		}
	}
	return count
}

func filledTimes(f correspondence.Form) int {
	return filledTexts(f.ReplyBefore, f.ValidUntil, f.NotBefore, f.SilenceUntil)
}

func filledRelations(f correspondence.Form) int {
	return filledTexts(f.ReplyTo, f.Follows, corrected(f).Message+corrected(f).How)
}

func filledProtection(f correspondence.Form) int {
	return filledTexts(f.LevelReason, f.ReassessOn, f.AudienceMention, f.HandlingInstructions)
}

func filledDistribution(f correspondence.Form) int {
	return filledTexts(f.DistributionClass) + len(f.Collectives) + len(f.Exempted) + len(f.External)
}

func filledSubjects(f correspondence.Form) int {
	return len(f.FreeTags) + len(f.Countries) + len(f.Persons)
}

// corrected is the correction of a form, or none.
func corrected(f correspondence.Form) correspondence.FormCorrection {
	if f.Corrects == nil {
		return correspondence.FormCorrection{}
	}
	return *f.Corrects
}

// collectiveRole is the line that a collective stands on.
func collectiveRole(one correspondence.FormCollective) string {
	if one.Role == "" {
		return correspondence.Info.String()
	}
	return one.Role
}

// orBlank is the value of a choice; the first of a list is what an empty field means.
func orBlank(n int, name string) string {
	if n == 0 {
		return ""
	}
	return name
}

// calendarType lets the browser offer a calendar, with the time of day unless a whole day was given or is all that is wanted.
func calendarType(name, shown string) string {
	if plainDate.MatchString(shown) || name == "reassess_on" && shown == "" {
		return "date"
	}
	return momentType(shown)
}

// shownMoment is a moment of the form as a browser's field takes it, in the zone of the house; what is none, or finer than a minute, stays
// as it was typed.
func shownMoment(f *frame, typed string) string {
	at, err := time.Parse(time.RFC3339, typed)
	if err != nil || !at.Equal(at.Truncate(time.Minute)) {
		return typed
	}
	return f.moment(at)
}

func groupChips(f *frame, p sheet, keys []string) []suggestion {
	chips := make([]suggestion, 0, len(keys))
	for _, key := range keys {
		chips = append(chips, suggestion{value: key, label: p.names.group(f, key)})
	}
	return chips
}
