package web

import (
	"fmt"
	"slices"
	"strings"

	"chancery/correspondence"
	"chancery/habilitation"
)

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// current and currentPage are the values of aria-current.
func current(is bool) string { return map[bool]string{true: "true", false: "false"}[is] }

func currentPage(is bool) string { return map[bool]string{true: "page", false: "false"}[is] }

func levelClass(l habilitation.Level) string { return "level-" + l.String() }

// faultsOf picks the faults of a field.
func faultsOf(faults []correspondence.Fault, field string) []correspondence.Fault {
	var of []correspondence.Fault
	for _, f := range faults {
		if f.Field == field {
			of = append(of, f)
		}
	}
	return of
}

// fieldID is the element of a form's field: "action[1].deadline" is at "action-1-deadline".
func fieldID(field string) string {
	return strings.TrimRight(strings.NewReplacer("[", "-", "].", "-", "]", "", ".", "-").Replace(field), "-")
}

func faultID(field string, i int) string { return fmt.Sprintf("%s-fault-%d", fieldID(field), i) }

// describedBy is the value of aria-describedby for a field: its hint, if any, and its faults.
func describedBy(faults []correspondence.Fault, field, hint string) string {
	var ids []string
	if hint != "" {
		ids = append(ids, hint)
	}
	for i := range faultsOf(faults, field) {
		ids = append(ids, faultID(field, i))
	}
	return strings.Join(ids, " ")
}

// wrong is the value of aria-invalid for a field.
func wrong(faults []correspondence.Fault, field string) string {
	return current(len(faultsOf(faults, field)) > 0)
}

// doneWords are the acts that a page may tell of after a redirect; the address can name no other.
var doneWords = []string{"signed-out", "accepted", "refused", "asked", "declared", "withdrawn", "saved", "discarded", "read-all", "released", "settings",
	"visa", "returned", "reopened", "unheld", "abandoned", "submitted", "shared", "template",
	"delegation-given", "delegation-ended", "roster-set", "collective-defined", "collective-withdrawn", "operator-named",
	"dossier-opened", "dossier-message", "dossier-note", "dossier-share", "dossier-remove", "dossier-close",
	"act-take", "act-assign", "act-accept", "act-decline", "act-close", "act-reassign", "act-misaddressed", "act-break-silence", "act-add", "act-share",
	"act-settle", "visas-set", "visas-dropped", "act-acknowledged", "share-revoked", "gate-set", "held-approved", "held-refused", "exchange-dropped", "news-seen"}

// done is what the address says was done, if it is one of ours.
func (c *Call) done() string {
	if word := c.query("done"); slices.Contains(doneWords, word) {
		return word
	}
	return ""
}
