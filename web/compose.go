package web

import (
	"regexp"
	"strings"

	"github.com/a-h/templ"

	"chancery/correspondence"
)

// swapPart makes a button save the sheet and put back only the part it changed; without scripts the page is loaded anew.
func swapPart(part string) templ.Attributes {
	return templ.Attributes{"hx-post": "/compose", "hx-target": "#" + part, "hx-select": "#" + part, "hx-swap": "outerHTML", "hx-select-oob": "#draft-live:outerHTML"}
}

func identityText(p sheet) string {
	if !p.saved() {
		return ""
	}
	return p.draft.ID.String()
}

func hasOrigin(p sheet) bool {
	for _, o := range p.origins {
		if o.Key == p.draft.Form.Origin {
			return true
		}
	}
	return false
}

var (
	plainDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	fieldIndex = regexp.MustCompile(`\[(\d+)\]`)
)

// deadlineType lets the browser offer a calendar, unless what was typed is no plain date: then it stays as it is.
func deadlineType(value string) string {
	if value == "" || plainDate.MatchString(value) {
		return "date"
	}
	return "text"
}

func joined(values []string) string { return strings.Join(values, ", ") }

func areaRows(name string) string {
	return map[string]string{"summary": "4", "text": "14", "comment": "3"}[name]
}

func hintID(name, hint string) string {
	if hint == "" {
		return ""
	}
	return name + "-hint"
}

// fieldName is what a field of the form is called: "action[1].deadline" is the deadline of the second addressee for action.
func fieldName(f *frame, field string) string {
	name := fieldIndex.ReplaceAllString(field, "")
	if label := map[string]string{"visa.comment": "circuit.comment", "return.reason": "field.reason", "template.name": "template.name"}[name]; label != "" {
		return f.T(label)
	}
	role, part, nested := strings.Cut(name, ".")
	if name == "instruction" { // of the message; an addressee's is what is asked of it
		return f.T("field.instruction-sort")
	}
	if !nested || !f.has("field."+part) {
		if f.has("field." + role) {
			return f.T("field." + role)
		}
		return field
	}
	return f.T("field."+role) + ", " + f.T("field."+part)
}

// listFields are typed into one field, names parted by commas.
var listFields = regexp.MustCompile(`^(references|countries|persons|free_tags|external|.*\.serve)\[\d+\]$`)

// sheetField is a place on the sheet that is no part of its message.
var sheetField = regexp.MustCompile(`^(steps(\[\d+\])?|visa\.comment|return\.reason|template\.name)`)

// fieldTarget is the element that a fault of the field points to: the field itself, or the list it stands in.
func fieldTarget(field string) string {
	if within := listFields.FindStringSubmatch(field); within != nil {
		field = within[1]
	}
	if strings.HasPrefix(field, "attachments") {
		return "files"
	}
	if field == "" {
		return "sheet"
	}
	if asked := sheetField.FindString(field); asked != "" { // drawn as fields of other forms are
		return "sheet-" + fieldID(asked)
	}
	return fieldID(field)
}

// refusedText is why a release was refused, when no field is at fault.
func refusedText(f *frame, key string) string {
	if f.has("problem." + key + ".detail") {
		return f.T("problem." + key + ".detail")
	}
	return f.T("compose.refused")
}

func tagChips(f *frame, p sheet) []suggestion {
	chips := make([]suggestion, 0, len(p.draft.Form.Tags))
	for _, key := range p.draft.Form.Tags {
		chips = append(chips, suggestion{value: key, label: p.names.tag(f, key)})
	}
	return chips
}

func agentChips(p sheet) []suggestion {
	chips := make([]suggestion, 0, len(p.draft.Form.Agents))
	for _, login := range p.draft.Form.Agents {
		chips = append(chips, suggestion{value: login, label: p.names.agent(login)})
	}
	return chips
}

// previewReason is why a group would receive.
func previewReason(f *frame, r correspondence.Reason) string {
	if r.Kind == "tag" && r.Tag != nil {
		return f.T("compose.by-tag", "Tag", f.Label(r.Tag.Label))
	}
	if f.has("compose.by-" + r.Kind) {
		return f.T("compose.by-" + r.Kind)
	}
	return ""
}

// warningText is what to mind about a field, in words.
func warningText(f *frame, w correspondence.Fault) string {
	key := "warning." + w.Key
	if !f.has(key) {
		return f.T("warning.other", "Key", w.Key)
	}
	var pairs []any
	for name, value := range w.Args {
		pairs = append(pairs, name, value)
	}
	return f.T(key, pairs...)
}

// readingTime is so many seconds of reading in hours, or in minutes below one.
func readingTime(f *frame, seconds int64) string {
	if seconds < 3600 {
		return f.T("compose.minutes", "Count", int((seconds+59)/60))
	}
	return f.T("compose.hours", "Count", int((seconds+1800)/3600))
}
