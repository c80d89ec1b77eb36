package correspondence

import (
	"bytes"
	"encoding/hex"
	"errors"
	"maps"
	"mime"
	"net/mail"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence/keeping"
	"chancery/habilitation"
)

// hostile are values that try to end a field, to start one, to end the headers, to be read as something else, or to break a parser.
func hostile() []string {
	return []string{
		"x\r\nBcc: spy@evil.example", "x\nBcc: spy@evil.example", "x\rBcc: spy@evil.example", "x\r\n\r\nbody", "\r\n", "\n\n\n",
		"x\u0085Bcc: y", "x\u2028Bcc: y", "x\x00y", "x\vy\fz", "\u202eevil\u202c", "=?utf-8?q?=0D=0ABcc:_spy?=", "=?x?=", "a =?utf-8?b?QmNj?= b",
		`"`, `\`, `x" <spy@evil.example>, "y`, "x>, <spy@evil.example", "a,b;c:d(e)f@g<h>", "(comment", "x; level=restricted; name=\"y\"", `x"; key="y`,
		"%0D%0A", "utf-8''%0D%0Ax", strings.Repeat("a", 3000), strings.Repeat("é", 1500), strings.Repeat("x ", 800), strings.Repeat("👩\u200d🚀", 60),
		"\xff\xfe\xc3", " lead", "trail ", "two  blanks", "\t", ".", "..", ".x.", "=", "=\r\n", "X-Chancery-Content: sha256=00", "\u00a0",
	}
}

// hostileMessage sets every text of a message to one value.
func hostileMessage(value string) (Message, Allotted) {
	party := Party{Key: value, Timbre: value, Name: value}
	person := Person{Agent: 1, Login: value, Name: value}
	return Message{
			Kind: Telegram, Origin: party, Drafter: person, Signatory: person, Agents: []Person{person}, Level: habilitation.Restricted, Language: value,
			Addressees: []Addressee{{Party: party, Role: Action, Qualification: ToDo, Deadline: time.Unix(1, 0), Instruction: value,
				Asked: Asked{Night: true, NightReason: value, Serve: []string{value, value}, Attention: value, Receipt: ReadingReceipt}},
				{Party: party, Role: Info, Instruction: value, Asked: Asked{Serve: []string{value}, NightReason: value, Attention: value, Collective: value}}},
			Precedence: Flash, InfoPrecedence: Flash, Tags: []TagName{{Key: value, Label: value}}, Subject: value, Summary: value, Text: value, Comment: value,
			References: []Reference{{Text: value, Message: specimenID(1)}}, Attachments: []Attachment{{Name: value, Type: value, Level: 1, Digest: value}},
			Particulars:   hostileParticulars(value),
			Authorization: Authorization{OnBehalf: &person, OwnEdit: true, Visas: []VisaLine{{Person: person, Group: party, Digest: value, Verdict: value, Comment: value, For: &person, Signature: []byte(value)}}},
			Keeping:       Keeping{BegunAt: time.Unix(7, 0), HandedIn: time.Unix(8, 0), FilePlan: value, Retention: &Retention{Rule: value, Final: keeping.Final(value), Access: value}},
		}, Allotted{Number: Number{Telegram, value, habilitation.Restricted, 2026, 12}, Addressees: []uint64{1, 2},
			At: time.Date(2026, 7, 12, 13, 2, 0, 0, time.UTC), House: value}
}

func hostileParticulars(value string) Particulars {
	cited := Reference{Text: value, Message: specimenID(2)}
	return Particulars{Instruction: true, Exercise: true, DistributionClass: ForServices, InReplyTo: cited, Follows: cited,
		Collectives: []Collective{{Key: value, Name: value, Role: Action, Instruction: value, Audiences: []habilitation.AudienceID{1}}},
		Exempted:    []Party{{Key: value, Timbre: value, Name: value}}, Corrects: &Correction{How: Cancels, Message: specimenID(3), Number: value},
		ReplyBefore: time.Unix(2, 0), ValidUntil: time.Unix(3, 0), NotBefore: time.Unix(4, 0), SilenceUntil: time.Unix(5, 0), ReassessOn: time.Unix(6, 0),
		Countries: []string{value}, Persons: []string{value}, FreeTags: []string{value}, LevelReason: value, LevelOwner: &Party{Key: value, Timbre: value, Name: value}, AudienceMention: value,
		HandlingInstructions: value, External: []string{value}}
}

// TestNothingIsInjected gives every field every hostile value, uncleaned: the fields stay those of a harmless message.
func TestNothingIsInjected(t *testing.T) {
	harmless := fieldCounts(t, "harmless")
	for _, value := range hostile() {
		counts := fieldCounts(t, value)
		for name := range counts {
			if counts[name] > harmless[name] || counts[name] < harmless[name] && OneLine(value) != "" {
				t.Errorf("value %.40q: field %s stands %d times, want %d", value, name, counts[name], harmless[name])
			}
		}
		for name := range harmless { // only a value of which nothing is left leaves its field out
			if counts[name] == 0 && OneLine(value) != "" {
				t.Errorf("value %.40q: no field %s", value, name)
			}
		}
	}
}

func fieldCounts(t *testing.T, value string) map[string]int {
	t.Helper()
	m, a := hostileMessage(value)
	imported := m
	imported.Provenance = &Provenance{Number: value, From: value, To: []string{value, value}, Pairs: [][2]string{{value, value}}}
	counts := map[string]int{}
	for _, m := range []*Message{&m, &imported} {
		eml := composeOriginal(a, m, composeContent(m))
		p, err := parseOriginal(eml)
		if err != nil {
			t.Fatalf("value %.40q: %v\n%s", value, err, eml)
		}
		for _, got := range []string{p.Summary, p.Text, p.Comment} {
			if CleanText(got) != CleanText(value) && isPlain(CleanText(value)) {
				t.Errorf("value %.40q: part %q", value, got)
			}
		}
		for line := range bytes.SplitSeq(eml, []byte("\r\n")) {
			if len(line) > 998 {
				t.Errorf("value %.40q: line of %d bytes", value, len(line))
			}
		}
		read, err := mail.ReadMessage(bytes.NewReader(eml))
		if err != nil {
			t.Fatalf("value %.40q: %v", value, err)
		}
		if list, err := read.Header.AddressList("To"); err != nil || len(list) != 4 {
			t.Errorf("value %.40q: to %v, %v", value, list, err)
		}
		for name, values := range read.Header {
			counts[name] += len(values)
			checkDecoded(t, name, values)
		}
	}
	return counts
}

// unseen are some characters that no decoded value may hold.
const unseen = "\r\x00\x1b\v\f\u0085\u2028\u202e"

// checkDecoded demands that no reader who decodes a field finds a control character in it.
func checkDecoded(t *testing.T, name string, values []string) {
	t.Helper()
	for _, value := range values {
		text, err := new(mime.WordDecoder).DecodeHeader(value)
		if err != nil || strings.ContainsAny(text, "\n"+unseen) {
			t.Errorf("%s decodes to %q, %v", name, text, err)
		}
		if !isRepeated(name) {
			continue
		}
		_, params, err := mime.ParseMediaType(value)
		if err != nil && name != "X-Chancery-Provenance-To" {
			t.Errorf("%s: %q: %v", name, value, err)
		}
		for param, text := range params {
			if strings.ContainsAny(text, unseen) {
				t.Errorf("%s %s decodes to %q", name, param, text)
			}
		}
	}
}

func TestHeaderPlain(t *testing.T) {
	for value, want := range map[string]bool{"": false, "a b": true, "a  b": false, " a": false, "a ": false, "é": false, "a\tb": false, "=?": false, "=a?": true,
		strings.Repeat("a", 48): true, strings.Repeat("a", 49): false, "\x7f": false, "~!": true} {
		if isHeaderPlain(value) != want {
			t.Errorf("plain %q: %v", value, !want)
		}
	}
}

// TestAlteredOriginalIsRefused changes each byte of the content, cuts the original short at each, and doubles fields.
func TestAlteredOriginalIsRefused(t *testing.T) {
	s := plainNote()
	eml := s.original()
	content := len(composeContent(&s.message))
	for i := len(eml) - content; i < len(eml); i++ {
		altered := bytes.Clone(eml)
		altered[i] ^= 1
		if _, err := parseOriginal(altered); !errors.Is(err, errOriginal) {
			t.Fatalf("byte %d of %d altered: %v, want errOriginal", i, len(eml), err)
		}
	}
	for i := range eml {
		if _, err := parseOriginal(eml[:i]); !errors.Is(err, errOriginal) {
			t.Fatalf("cut to %d bytes of %d: %v, want errOriginal", i, len(eml), err)
		}
	}
	sum := contentDigest(composeContent(&s.message))
	digest := []byte(hex.EncodeToString(sum[:]))
	upper := bytes.Replace(eml, digest, bytes.ToUpper(digest), 1)
	longer := bytes.Replace(eml, digest, append(bytes.Clone(digest), "00"...), 1)
	for _, other := range [][]byte{upper, longer} {
		if _, err := parseOriginal(other); bytes.Equal(other, eml) || !errors.Is(err, errOriginal) {
			t.Errorf("digest in another spelling: %v, want errOriginal\n%s", err, other)
		}
	}
	for _, line := range []string{"Message-ID: <x@y>\r\n", "Subject: other\r\n", "From: <x@y>\r\n", "X-Chancery-Number: TD X 1\r\n", "X-Chancery-Parts: text 0+1\r\n", "no field\r\n", " \r\n"} {
		if _, err := parseOriginal(append([]byte(line), eml...)); !errors.Is(err, errOriginal) {
			t.Errorf("%q put before: %v, want errOriginal", line, err)
		}
	}
}

// TestForeignPartsAreRefused gives a content of its own, with its digest, places of parts that it cannot have.
func TestForeignPartsAreRefused(t *testing.T) {
	s := plainNote()
	for parts, ok := range map[string]bool{
		"text 7+35": true, "summary 7+35, text 42+1": true, "": true, "text 7+36000": false, "text 43+4294967296": false, "text -1+2": false, "text 7": false,
		"text": false, "text 7+1, text 8+1": false, "summary 7+35, text 7+35": false, "other 7+1": false, "text 99999999999999999999+1": false, ",": false,
		"text 2147483647+2147483647": false,
	} {
		content := string(composeContent(&s.message))
		if strings.Count(content, partsField+": text 7+35\r\n") != 1 {
			t.Fatal("the note's text stands elsewhere now")
		}
		content = strings.Replace(content, partsField+": text 7+35\r\n", partsField+": "+parts+"\r\n", 1)
		if _, err := parseOriginal(composeOriginal(s.allotted, &s.message, []byte(content))); ok != (err == nil) || err != nil && !errors.Is(err, errOriginal) {
			t.Errorf("parts %q: %v", parts, err)
		}
	}
}

func FuzzOriginalRoundTrip(f *testing.F) {
	f.Add("Objet", "é\nè", "TEXTE\n\n.", "", "Prière de =\n", "dam", false)
	f.Add("=?utf-8?q?x?=", "", "\t \ta", "a = b", "x\"y", "a b", true)
	f.Add(strings.Repeat("long ", 30), "x", strings.Repeat("é", 80), "DIFFUSION RESTREINTE", "\\", "..", true)
	f.Fuzz(func(t *testing.T, subject, summary, text, comment, instruction, name string, imported bool) {
		m, a := hostileMessage(OneLine(name))
		m.Subject, m.Summary, m.Text, m.Comment = OneLine(subject), CleanText(summary), CleanText(text), CleanText(comment)
		m.Addressees[0].Instruction = CleanText(instruction)
		m.Visas[0].Comment, m.Collectives[0].Instruction = CleanText(comment), CleanText(instruction)
		if imported {
			m.Provenance = &Provenance{Pairs: [][2]string{{name, instruction}}}
		}
		eml := composeOriginal(a, &m, composeContent(&m))
		checkParts(t, eml, &m)
		read, err := mail.ReadMessage(bytes.NewReader(eml))
		if err != nil {
			t.Fatal(err)
		}
		if from, err := read.Header.AddressList("From"); err != nil || len(from) != 1 || from[0].Name != m.Origin.Name {
			t.Fatalf("from %q read back: %v, %v", m.Origin.Name, from, err)
		}
		if _, params, err := mime.ParseMediaType(read.Header["X-Chancery-Addressee"][0]); err != nil || params["instruction"] != m.Addressees[0].Instruction || params["name"] != m.Origin.Name {
			t.Fatalf("addressee read back: %q, %v", params, err)
		}
		checkParticulars(t, read.Header, &m)
	})
}

// checkParticulars reads back every word of the fields that only some messages have.
func checkParticulars(t *testing.T, header mail.Header, m *Message) {
	t.Helper()
	visa, to, c := &m.Visas[0], &m.Addressees[0], &m.Collectives[0]
	want := map[string]map[string]string{
		"X-Chancery-Addressee":   {"night-reason": to.NightReason, "attention": to.Attention, "serve": CleanText(strings.Join(to.Serve, "\n"))},
		"X-Chancery-Collective":  {"collective": c.Key, "name": c.Name, "instruction": c.Instruction},
		"X-Chancery-Exempted":    {"group": m.Exempted[0].Key, "name": m.Exempted[0].Name},
		"X-Chancery-In-Reply-To": {"text": m.InReplyTo.Text, "message": m.InReplyTo.Message.String()},
		"X-Chancery-Follows":     {"text": m.Follows.Text},
		"X-Chancery-Corrects":    {"number": m.Corrects.Number, "message": m.Corrects.Message.String()},
		"X-Chancery-Country":     {"text": m.Countries[0]},
		"X-Chancery-Person":      {"text": m.Persons[0]},
		"X-Chancery-External":    {"text": m.External[0]},
		"X-Chancery-Level-Owner": {"group": m.LevelOwner.Key, "timbre": m.LevelOwner.Timbre, "name": m.LevelOwner.Name},
	}
	if m.Provenance == nil && m.Addressees[1].Collective != "" {
		want["X-Chancery-Expanded"] = map[string]string{"collective": m.Addressees[1].Collective, "name": m.Addressees[1].Name}
	}
	if m.Provenance == nil {
		want["X-Chancery-Retention"] = map[string]string{"rule": m.Retention.Rule, "access": m.Retention.Access}
		want["X-Chancery-Visa"] = map[string]string{"comment": visa.Comment, "login": visa.Person.Login, "for-name": visa.For.Name}
	}
	for field, texts := range want {
		_, params, err := mime.ParseMediaType(header.Get(field))
		for name, text := range texts {
			if err != nil || params[name] != text {
				t.Fatalf("%s %s read back as %q, %v; want %q", field, name, params[name], err, text)
			}
		}
	}
}

func FuzzParseOriginal(f *testing.F) {
	for _, s := range specimens() {
		eml, err := os.ReadFile(s.path())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(eml)
	}
	f.Add([]byte(contentField + ": sha256=\r\n\r\n"))
	f.Fuzz(func(t *testing.T, eml []byte) {
		p, err := parseOriginal(eml)
		if (err == nil) == errors.Is(err, errOriginal) {
			t.Fatalf("neither an original nor errOriginal: %v", err)
		}
		if err == nil && p.Digest != contentDigest(p.Content) {
			t.Fatal("an original with another digest")
		}
	})
}

// TestEveryTextOfAMessageIsTried keeps the table honest: a new field of Message fails here until it is tried.
func TestEveryTextOfAMessageIsTried(t *testing.T) {
	m, _ := hostileMessage("x")
	m.Provenance = &Provenance{Number: "x", From: "x", To: []string{"x"}, Pairs: [][2]string{{"x", "x"}}}
	tried := map[string]bool{}
	walkTexts(reflect.ValueOf(m), "Message", tried)
	for at, is := range tried {
		if !is {
			t.Errorf("no hostile value reaches %s", at)
		}
	}
	if values := hostile(); len(slices.Collect(maps.Keys(setOf(values)))) != len(values) {
		t.Error("a hostile value stands twice")
	}
}

func setOf(values []string) map[string]bool {
	set := map[string]bool{}
	for _, v := range values {
		set[v] = true
	}
	return set
}

// walkTexts notes of each text whether it is anywhere set.
func walkTexts(v reflect.Value, at string, tried map[string]bool) {
	switch v.Kind() {
	case reflect.String:
		tried[at] = tried[at] || v.Len() > 0
	case reflect.Pointer:
		walkTexts(v.Elem(), at, tried)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			walkTexts(v.Field(i), at+"."+v.Type().Field(i).Name, tried)
		}
	case reflect.Slice:
		tried[at] = tried[at] || v.Len() > 0
		for i := range v.Len() {
			walkTexts(v.Index(i), at, tried)
		}
	}
}
