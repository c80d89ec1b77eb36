package correspondence

import (
	"encoding/json"
	"reflect"
	"strings"
	"unicode"
)

// FieldDifference is what changed in one field of a form, as runs of words.
type FieldDifference struct {
	Field string          `json:"field"` // as in the JSON form: "text", "action"
	Runs  []DifferenceRun `json:"runs"`
}

// DifferenceRun is a piece of text that is the same in both, only in the first, or only in the second.
type DifferenceRun struct {
	Kind string `json:"kind"` // same, gone, new
	Text string `json:"text"`
}

// The kinds of a run.
const (
	Same = "same"
	Gone = "gone"
	New  = "new"
)

// compareForms compares two forms field by field, in the order of the form; a list is one line for each of its values.
func compareForms(from, to Form) []FieldDifference {
	out := []FieldDifference{}
	a, b := reflect.ValueOf(from), reflect.ValueOf(to)
	for i := range a.NumField() {
		if reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			continue
		}
		name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
		runs := compareWords(formText(a.Field(i)), formText(b.Field(i)))
		if len(runs) > 0 && (len(runs) > 1 || runs[0].Kind != Same) {
			out = append(out, FieldDifference{Field: name, Runs: runs})
		}
	}
	return out
}

// formText is a field of a form as a person compares it.
func formText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Slice:
		lines := make([]string, v.Len())
		for i := range lines {
			lines[i] = formText(v.Index(i))
		}
		return strings.Join(lines, "\n")
	case reflect.Struct:
		return structText(v)
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return formText(v.Elem())
	}
	if v.IsZero() {
		return ""
	}
	text, err := json.Marshal(v.Interface())
	if err != nil {
		return ""
	}
	return string(text)
}

// structText is one line of an address or one file: its values that are set. Of a digest its beginning will do.
func structText(v reflect.Value) string {
	var parts []string
	for i := range v.NumField() {
		text := formText(v.Field(i))
		if v.Type().Field(i).Name == "SHA512" {
			text = text[:min(len(text), 12)]
		}
		if text != "" && v.Type().Field(i).Name != "Content" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " · ")
}

// mostEdits bounds the work of a comparison: beyond so many words put in and taken out, lines are compared, and beyond that the whole.
const mostEdits = 1500

// compareWords compares two texts word by word.
func compareWords(from, to string) []DifferenceRun {
	for _, split := range []func(string) []string{wordsAndBlanks, linesOf} {
		if runs, ok := compareTokens(split(from), split(to)); ok {
			return runs
		}
	}
	return joinRuns([]DifferenceRun{{Gone, from}, {New, to}})
}

// wordsAndBlanks cuts a text into words and what stands between them.
func wordsAndBlanks(text string) (tokens []string) {
	start, blank := 0, false
	for i, r := range text {
		is := unicode.IsSpace(r)
		if i > start && (is != blank || r == '\n') {
			tokens = append(tokens, text[start:i])
			start = i
		}
		blank = is
	}
	if start < len(text) {
		tokens = append(tokens, text[start:])
	}
	return tokens
}

func linesOf(text string) []string { return strings.SplitAfter(text, "\n") }

// compareTokens is the shortest edit of one list of tokens into another (Myers, An O(ND) Difference Algorithm, 1986), unless it is longer than
// mostEdits.
func compareTokens(a, b []string) ([]DifferenceRun, bool) {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	trace, ok := shortestEdit(a[head:len(a)-tail], b[head:len(b)-tail])
	if !ok {
		return nil, false
	}
	runs := []DifferenceRun{{Same, strings.Join(a[:head], "")}}
	runs = append(runs, backtrack(trace, a[head:len(a)-tail], b[head:len(b)-tail])...)
	runs = append(runs, DifferenceRun{Same, strings.Join(a[len(a)-tail:], "")})
	return joinRuns(runs), true
}

// shortestEdit gives, for each number of edits, how far each diagonal reaches; the last entry reaches the end.
func shortestEdit(a, b []string) (trace [][]int32, ok bool) {
	limit := min(len(a)+len(b), mostEdits)
	reach := make([]int32, 2*limit+3)
	middle := limit + 1
	for d := 0; d <= limit; d++ {
		for k := -d; k <= d; k += 2 {
			x := reach[middle+k-1] + 1
			if k == -d || k != d && reach[middle+k-1] < reach[middle+k+1] {
				x = reach[middle+k+1]
			}
			for y := x - int32(k); int(x) < len(a) && int(y) < len(b) && a[x] == b[y]; y++ {
				x++
			}
			reach[middle+k] = x
			if int(x) >= len(a) && int(x)-k >= len(b) {
				return append(trace, append([]int32(nil), reach[middle-d:middle+d+1]...)), true
			}
		}
		trace = append(trace, append([]int32(nil), reach[middle-d:middle+d+1]...))
	}
	return nil, false
}

// backtrack walks the edit from its end and gives it in order.
func backtrack(trace [][]int32, a, b []string) []DifferenceRun {
	var edits []DifferenceRun // last first
	x, y := len(a), len(b)
	for d := len(trace) - 1; d > 0; d-- {
		k := x - y
		before := func(k int) int {
			if k < -(d-1) || k > d-1 {
				return -1
			}
			return int(trace[d-1][k+d-1])
		}
		from, gone := k+1, false
		if k != -d && (k == d || before(k-1) >= before(k+1)) {
			from, gone = k-1, true
		}
		fromX := before(from)
		fromY := fromX - from
		for x > fromX && y > fromY && !(gone && x == fromX+1 && y == fromY) && !(!gone && y == fromY+1 && x == fromX) {
			x, y = x-1, y-1
			edits = append(edits, DifferenceRun{Same, a[x]})
		}
		if gone {
			x--
			edits = append(edits, DifferenceRun{Gone, a[x]})
		} else {
			y--
			edits = append(edits, DifferenceRun{New, b[y]})
		}
	}
	for ; x > 0; x-- {
		edits = append(edits, DifferenceRun{Same, a[x-1]})
	}
	for i, j := 0, len(edits)-1; i < j; i, j = i+1, j-1 {
		edits[i], edits[j] = edits[j], edits[i]
	}
	return edits
}

// joinRuns joins neighbours of one kind, and puts what is gone before what is new where they meet.
func joinRuns(runs []DifferenceRun) []DifferenceRun {
	var out []DifferenceRun
	var gone, fresh strings.Builder
	flush := func() {
		for _, run := range []DifferenceRun{{Gone, gone.String()}, {New, fresh.String()}} {
			if run.Text != "" {
				out = append(out, run)
			}
		}
		gone.Reset()
		fresh.Reset()
	}
	for _, run := range runs {
		switch {
		case run.Text == "":
		case run.Kind == Gone:
			gone.WriteString(run.Text)
		case run.Kind == New:
			fresh.WriteString(run.Text)
		case len(out) > 0 && out[len(out)-1].Kind == Same && gone.Len()+fresh.Len() == 0:
			out[len(out)-1].Text += run.Text
		default:
			flush()
			out = append(out, run)
		}
	}
	flush()
	return out
}
