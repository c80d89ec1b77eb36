package correspondence

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"chancery/correspondence/gate"
)

// silent are the texts of a message that say nothing of it: what identifies, what the house itself calls things, and what is chosen from a list.
var silent = []string{"ID", "Origin", "Drafter", "Signatory", "Agents", "Language", "Provenance", "Reception", "Exempted", "OnBehalf",
	"Addressees.Party", "Addressees.Collective", "Collectives.Key", "Collectives.Name", "Tags.Key", "References.Message", "Attachments.Type", "Attachments.Digest", "Corrects",
	"LevelOwner", "FilePlan", "Retention", "Visas.Person", "Visas.Group", "Visas.Digest", "Visas.Verdict", "Visas.For", "Visas.Signature"}

// TestGateReadsEveryField writes a word into each text of a message, one after the other: a field that is added later is asked too.
func TestGateReadsEveryField(t *testing.T) {
	const word = "confidentiel"
	var said int
	var visit func(path string, at reflect.Value, m *Message)
	visit = func(path string, at reflect.Value, m *Message) {
		if slices.ContainsFunc(silent, func(name string) bool { return path == name || strings.HasPrefix(path, name+".") }) {
			return
		}
		switch at.Kind() {
		case reflect.String:
			before := at.String()
			at.SetString("un " + word)
			if !gate.TextOf(wordsOf(m)...).Says(word) {
				t.Errorf("%s is not read", path)
			}
			at.SetString(before)
			said++
		case reflect.Struct:
			if at.Type().PkgPath() == "time" {
				return
			}
			for i := range at.NumField() {
				field := at.Type().Field(i)
				name := strings.TrimPrefix(path+"."+field.Name, ".")
				if field.Anonymous && field.Name != "Party" {
					name = path
				}
				visit(name, at.Field(i), m)
			}
		case reflect.Slice:
			if at.Type().Elem().Kind() == reflect.Uint8 {
				return
			}
			at.Set(reflect.MakeSlice(at.Type(), 1, 1))
			visit(path, at.Index(0), m)
		case reflect.Pointer:
			at.Set(reflect.New(at.Type().Elem()))
			visit(path, at.Elem(), m)
		}
	}
	m := &Message{}
	visit("", reflect.ValueOf(m).Elem(), m)
	if said < 20 {
		t.Errorf("only %d texts were tried", said)
	}
}
