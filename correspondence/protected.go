package correspondence

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"chancery/habilitation"
)

// Words that anybody of the house may come to read must not be, nor betray, what is restricted. A message says so in three ways: it bears the mention
// on a line of its own, as each page of a restricted sheet does; its signed headers name the level; or it cites a restricted number.

// protection is what in a text says that it is, or speaks of, something restricted.
type protection struct {
	Marking string   `json:"marking,omitempty"` // the line that says so
	Numbers []string `json:"numbers,omitempty"` // the restricted numbers that it cites
}

// protectionOf looks for it.
func protectionOf(register *habilitation.Register, text string) protection {
	return protection{Marking: restrictedMarking(text), Numbers: restrictedNumbersOf(register, text)}
}

// restrictedMarking is the first line of a text that is the mention of restricted distribution, alone or before a dash, or a header of a message
// that names the level; "" when there is none. Prose may speak of restricted distribution.
func restrictedMarking(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if len(line) > 400 || !strings.Contains(strings.ToLower(line), "restr") {
			continue
		}
		runs := numberRuns(line)
		words := make([]string, len(runs))
		for i, run := range runs {
			words[i] = run.text
		}
		said := strings.Join(words, " ")
		switch {
		case said == "DIFFUSION RESTREINTE", strings.HasPrefix(said, "X CHANCERY LEVEL RESTRICTED"), strings.HasPrefix(said, "SIO LABEL") && strings.Contains(said, "DIFFUSION RESTREINTE"):
			return line
		case strings.HasPrefix(said, "DIFFUSION RESTREINTE ") && strings.ContainsAny(firstBeyond(line, len("diffusion restreinte")), "-–—/·|"):
			return line
		}
	}
	return ""
}

// firstBeyond is the first sign of a line after so many bytes, "" when there is none.
func firstBeyond(line string, n int) string {
	for _, r := range strings.TrimSpace(line[min(n, len(line)):]) {
		return string(r)
	}
	return ""
}

// inClear refuses words of an unprotected message that say or betray what is restricted.
func (f *finishing) inClear(field, text string) {
	if f.m.Level != habilitation.Unprotected {
		return
	}
	if line := restrictedMarking(text); line != "" {
		f.fault(field, "bears-marking", "line", line)
	}
	for _, number := range f.restrictedNumbers(text) {
		f.fault(field, "restricted-number", "number", number)
	}
}

// restrictedNumbers are those that a text cites under a timbre of the house.
func (f *finishing) restrictedNumbers(text string) []string {
	return slices.DeleteFunc(restrictedNumbersOf(f.register, text), f.lowers)
}

// restrictedNumbersOf are the restricted numbers in a text whose timbres the register knows.
func restrictedNumbersOf(register *habilitation.Register, text string) []string {
	var timbres map[string]string
	return FindRestrictedNumbers(text, func(squashed string) (string, bool) {
		if timbres == nil {
			timbres = map[string]string{}
			for a := range register.Audiences() {
				if a.Timbre != "" {
					timbres[SquashedTimbre(a.Timbre)] = a.Timbre
				}
			}
		}
		timbre, known := timbres[squashed]
		return timbre, known
	})
}

// lowers reports whether a number is that of the message which this one lowers, and may therefore be named in clear.
func (f *finishing) lowers(number string) bool {
	c := f.m.Corrects
	return c != nil && c.How == Lowers && (c.Number == number || strings.HasSuffix(c.Number, " "+number))
}

// fileInClear refuses an unprotected file whose words say or betray what is restricted.
func (f *finishing) fileInClear(field, name string, level habilitation.Level, found inspected) {
	if level != habilitation.Unprotected || found.Protection == nil {
		return
	}
	if line := found.Protection.Marking; line != "" {
		f.fault(field, "file-bears-marking", "name", name, "line", line)
	}
	for _, number := range found.Protection.Numbers {
		if !f.lowers(number) {
			f.fault(field, "file-restricted-number", "name", name, "number", number)
		}
	}
}

// fileInClear is the same for a file of a dossier, as the first of its faults.
func (c *Chancery) fileInClear(field string, level habilitation.Level, name string, file FormAttachment) *Fault {
	found, _ := c.verdictOn(file.SHA512)
	f := &finishing{}
	f.fileInClear(field, name, level, found)
	if len(f.faults) == 0 {
		return nil
	}
	return &f.faults[0]
}

// protectionIn is what the words say that were taken from a file.
func (c *Chancery) protectionIn(ctx context.Context, verdict inspected) (*protection, error) {
	text, _, err := Extract{Derived: verdict.Derived}.readText(ctx, c.Vault)
	if err != nil {
		return nil, err
	}
	p := protectionOf(c.Folds.Register, text)
	return &p, nil
}

// inClear hands on an act about something of a level, unless that is unprotected and the words of the act are not: whoever reads the message may
// come to read them.
func (d *Desk) inClear(level habilitation.Level) func(habilitation.Act, error) (habilitation.Act, error) {
	return func(act habilitation.Act, err error) (habilitation.Act, error) {
		if err != nil || act == nil || level != habilitation.Unprotected {
			return act, err
		}
		f := &finishing{directory: directory{register: d.house.Folds.Register}}
		f.m.Level = level
		words := reflect.Indirect(reflect.ValueOf(act))
		for i := range words.NumField() {
			if words.Field(i).Kind() == reflect.String {
				field, _, _ := strings.Cut(words.Type().Field(i).Tag.Get("json"), ",")
				f.inClear(field, words.Field(i).String())
			}
		}
		if len(f.faults) > 0 {
			return nil, &Refusal{Cause: Invalid, Faults: f.faults}
		}
		return act, nil
	}
}
