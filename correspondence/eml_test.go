package correspondence

import (
	"bytes"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/habilitation"
)

// specimen is a message with what was allotted to it; its golden file bears its name.
type specimen struct {
	name     string
	message  Message
	allotted Allotted
	old      bool // version 1 of the record had everything that it has, and its bytes are kept
}

func specimens() []specimen {
	return []specimen{restrictedTelegram(), plainNote(), englishMail(), importedRecord(), wholeTelegram(), wholeMail()}
}

func (s specimen) outcome() Outcome {
	outcome := Outcome{Distribution: []distributed{{Audience: 5, Tag: 1}}}
	if !s.old {
		outcome.Answers, outcome.CarriedAudiences = []habilitation.AudienceID{7}, []habilitation.AudienceID{1, 2}
		outcome.CarriedTags, outcome.CarriedAgents = []habilitation.TagID{4}, []habilitation.AgentID{30}
		outcome.Undelivered, outcome.OperatorDesk = []habilitation.AudienceID{3}, 12
	}
	return outcome
}

func specimenParty(id habilitation.AudienceID, key, timbre, name string) Party {
	return Party{Audience: id, Key: key, Timbre: timbre, Name: name}
}

var (
	specimenBamako = specimenParty(1, "bamako", "BAMAKO", "Ambassade de France à Bamako")
	specimenAfrica = specimenParty(2, "dam", "DAM", "Direction de l’Afrique et de l’océan Indien")
	specimenHealth = specimenParty(3, "minsante", "MINSANTE", "Ministère de la santé, délégation aux affaires internationales")
	specimenWater  = specimenParty(4, "communaute-eau", "CMEAU", "Communauté « Eau et climat »")
)

func specimenID(b byte) (id habilitation.ID) {
	for i := range id {
		id[i] = b + byte(i)
	}
	return id
}

func specimenFile(name, kind, content string, level habilitation.Level) Attachment {
	sum := sha512.Sum512([]byte(content))
	return Attachment{Name: name, Type: kind, Size: int64(len(content)), Level: level, SHA512: sum, Digest: hex.EncodeToString(sum[:])}
}

// restrictedTelegram has everything that a message can have.
func restrictedTelegram() specimen {
	return specimen{
		name: "good_telegram_restricted", old: true,
		message: Message{
			ID: specimenID(1), Kind: Telegram, Origin: specimenBamako, Level: habilitation.Restricted, Language: "fr",
			Drafter:   Person{Agent: 29, Login: "elodie.brunet", Name: "Élodie Brunet"},
			Signatory: Person{Agent: 26, Login: "philippe.daumas", Name: "Philippe Daumas"},
			Addressees: []Addressee{
				{Party: specimenAfrica, Role: Action, Qualification: ToDo, Deadline: time.Date(2026, 7, 14, 12, 0, 0, 0, time.UTC),
					Instruction: "Prière de confirmer :\n- le calendrier de la mission ;\n- la position à tenir devant le comité des riverains, qui se réunit à Bamako."},
				{Party: specimenHealth, Role: Action, Qualification: ToRead},
				{Party: specimenWater, Role: Info, Qualification: ForInformation},
			},
			Agents:     []Person{{Agent: 8, Login: "thomas.ravel", Name: "Thomas Ravel"}},
			Precedence: Immediate, InfoPrecedence: Routine,
			Tags:       []TagName{{Tag: 1, Key: "mali", Label: "Mali"}, {Tag: 2, Key: "eau", Label: "Eau et assainissement"}, {Tag: 3, Key: "sante-publique", Label: "Santé publique"}},
			Subject:    "Crue du Niger : déplacements de population dans le delta intérieur et demande d’appui sanitaire",
			Summary:    "Le fleuve a dépassé la cote d’alerte à Mopti. 4 000 personnes déplacées = trois sites.\nLes autorités demandent un appui sanitaire.",
			Text:       "1. La crue, la plus forte depuis 1967, gagne le delta intérieur.\n\n2. Trois sites d’accueil sont ouverts :\n\tMopti ;\n\tDjenné ;\n\tTénenkou.\n\n3. Notre interlocuteur au ministère juge la situation « tenable dix jours ». Il souhaite que rien n’en soit dit avant la réunion des riverains.",
			Comment:    "Le poste recommande une réponse avant le 14 juillet. ./.",
			References: []Reference{{Text: "TD DIPLOMATIE 932", Message: specimenID(50)}, {Text: "Lettre du préfet de Mopti du 3 juillet"}},
			Attachments: []Attachment{specimenFile("carte des crues – juillet.pdf", "application/pdf", "%PDF carte", habilitation.Restricted),
				specimenFile("releves.csv", "text/csv", "date,cote\n", habilitation.Unprotected)},
		},
		allotted: Allotted{Number: Number{Telegram, "BAMAKO", habilitation.Restricted, 2026, 12}, Addressees: []uint64{308, 12, 5},
			At: time.Date(2026, 7, 12, 13, 2, 7, 0, time.UTC), House: "chancery.example"},
	}
}

// plainNote has as little as a message may have.
func plainNote() specimen {
	return specimen{
		name: "good_note", old: true,
		message: Message{
			ID: specimenID(2), Kind: Note, Origin: specimenAfrica, Level: habilitation.Unprotected, Language: "fr",
			Drafter: Person{Agent: 13, Login: "julien.perrot", Name: "Julien Perrot"}, Signatory: Person{Agent: 10, Login: "claire.morel", Name: "Claire Morel"},
			Addressees: []Addressee{{Party: specimenBamako, Role: Action, Qualification: ToRead}},
			Precedence: Routine, InfoPrecedence: Routine, Subject: "Reunion du 14", Text: "La reunion est avancee d'une heure.",
		},
		allotted: Allotted{Number: Number{Note, "DAM", habilitation.Unprotected, 2026, 88}, Addressees: []uint64{1},
			At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), House: "chancery.example"},
	}
}

func englishMail() specimen {
	return specimen{
		name: "good_mail", old: true,
		message: Message{
			ID: specimenID(3), Kind: Mail, Origin: specimenParty(9, "nairobi", "NAIROBI", "Embassy of France in Nairobi"), Level: habilitation.Unprotected,
			Language: "en", Drafter: Person{Agent: 33, Login: "daniel.okeyo", Name: "Daniel Okeyo"}, Signatory: Person{Agent: 32, Login: "ruth.ashworth", Name: "Ruth Ashworth"},
			Addressees: []Addressee{{Party: specimenHealth, Role: Action, Qualification: ToDo, Deadline: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), Instruction: "Please nominate two experts."},
				{Party: specimenAfrica, Role: Info, Qualification: ForInformation}},
			Precedence: Urgent, InfoPrecedence: Routine, Tags: []TagName{{Tag: 3, Key: "sante-publique", Label: "Public health"}},
			Subject: "WHO regional meeting: \"one health\" panel, Nairobi, 11-12 March", Summary: "Two experts wanted for the panel.",
			Text:        "From the organisers: the panel sits on 11 March.\n.\nFrom us: travel is paid by the post.",
			Attachments: []Attachment{specimenFile("programme \"draft\".txt", "text/plain; charset=utf-8", "programme", habilitation.Unprotected)},
		},
		allotted: Allotted{Number: Number{Mail, "NAIROBI", habilitation.Unprotected, 2026, 7}, Addressees: []uint64{2, 40},
			At: time.Date(2026, 2, 20, 9, 30, 0, 0, time.UTC), House: "chancery.example"},
	}
}

func importedRecord() specimen {
	return specimen{
		name: "good_imported", old: true,
		message: Message{
			ID: specimenID(4), Kind: Telegram, Origin: specimenParty(20, "archives", "ARCHIVES", "Archives diplomatiques"), Level: habilitation.Unprotected, Language: "en",
			Drafter: Person{Name: "Mr. Adams"}, Subject: "Mr. Adams to Mr. Seward", Text: "Sir: I have the honor to acknowledge your despatch No. 3.",
			Provenance: &Provenance{Number: "No. 12", Date: time.Date(1861, 5, 17, 0, 0, 0, 0, time.UTC), From: "Legation of the United States, London",
				To: []string{"Mr. Seward", "Département d’État"}, Pairs: [][2]string{{"volume", "frus1861"}, {"document", "d 12"}, {"adresse", "https://history.example/é?x=1&y=2"}}},
		},
		allotted: Allotted{At: time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC), House: "chancery.example"},
	}
}

func (s specimen) original() []byte {
	return composeOriginal(s.allotted, &s.message, composeContent(&s.message))
}

func (s specimen) path() string { return s.pathOf(recordVersion) }

// pathOf is where the original lies as a version of the record wrote it.
func (s specimen) pathOf(version int) string {
	if version == 1 {
		return filepath.Join("testdata", "originals", s.name+".eml")
	}
	return filepath.Join("testdata", "originals", fmt.Sprintf("%s.%d.eml", s.name, version))
}

// TestGoldenOriginals holds the format still: these bytes are signed. CHANCERY_GOLDEN=write writes them anew.
func TestGoldenOriginals(t *testing.T) {
	for _, s := range specimens() {
		t.Run(s.name, func(t *testing.T) {
			got := s.original()
			if os.Getenv("CHANCERY_GOLDEN") == "write" {
				if err := os.WriteFile(s.path(), got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(s.path())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("original differs from %s:\n%s", s.path(), got)
			}
			checkLines(t, want)
			checkParts(t, want, &s.message)
			checkMail(t, want, &s.message)
		})
	}
}

// TestOriginalsOfVersion1AreRead: the signatory stood in the content then, and nothing else was otherwise.
func TestOriginalsOfVersion1AreRead(t *testing.T) {
	for _, s := range specimens() {
		if !s.old {
			continue
		}
		old := read(t, s.pathOf(1))
		checkLines(t, old)
		checkMail(t, old, &s.message)
		p, err := parseOriginal(old)
		if err != nil {
			t.Fatal(err)
		}
		if p.Summary != s.message.Summary || p.Text != s.message.Text || p.Comment != s.message.Comment || p.Field("Subject") != s.message.Subject {
			t.Errorf("%s read as %q, %q, %q", s.name, p.Summary, p.Text, p.Comment)
		}
	}
}

// checkLines demands what every mail system carries unchanged: ASCII, CRLF, short lines.
func checkLines(t *testing.T, eml []byte) {
	t.Helper()
	for line := range strings.SplitSeq(string(eml), "\r\n") {
		if strings.ContainsAny(line, "\r\n") || strings.IndexFunc(line, func(r rune) bool { return r > '~' || r < ' ' && r != '\t' }) >= 0 {
			t.Errorf("line %q is not printable ASCII", line)
		}
		if len(line) > lineLength && !strings.HasPrefix(line, contentField) && !strings.HasPrefix(line, " sha512=") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
}

func checkParts(t *testing.T, eml []byte, m *Message) {
	t.Helper()
	p, err := parseOriginal(eml)
	if err != nil {
		t.Fatal(err)
	}
	if p.Summary != m.Summary || p.Text != m.Text || p.Comment != m.Comment {
		t.Errorf("parts %q, %q, %q; want %q, %q, %q", p.Summary, p.Text, p.Comment, m.Summary, m.Text, m.Comment)
	}
	if p.Field("Subject") != m.Subject {
		t.Errorf("subject %q, want %q", p.Field("Subject"), m.Subject)
	}
	if content := composeContent(m); !bytes.Equal(p.Content, content) || p.Digest != contentDigest(content) {
		t.Error("content is not what was composed")
	}
}

// checkMail reads the original as a mail program would.
func checkMail(t *testing.T, eml []byte, m *Message) {
	t.Helper()
	read, err := mail.ReadMessage(bytes.NewReader(eml))
	if err != nil {
		t.Fatal(err)
	}
	from, err := read.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Name != m.Origin.Name {
		t.Errorf("from %v, %v", from, err)
	}
	for field, role := range map[string]Role{"To": Action, "Cc": Info} {
		var names []string
		for _, to := range mailboxes(m, role) {
			if to.domain == groupDomain || to.domain == collectiveDomain {
				names = append(names, to.name)
			}
		}
		if role == Action {
			for _, p := range m.Agents {
				names = append(names, p.Name)
			}
			names = append(names, make([]string, len(m.External))...)
		}
		list, err := read.Header.AddressList(field)
		if len(names) == 0 {
			continue
		}
		if err != nil || !slices.EqualFunc(list, names, func(a *mail.Address, name string) bool { return a.Name == name }) {
			t.Errorf("%s %v, %v; want %q", field, list, err, names)
		}
	}
	if _, err := read.Header.Date(); err != nil {
		t.Errorf("date: %v", err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if err != nil || !strings.Contains(string(body), strings.ReplaceAll(m.Text, "\n", "\r\n")) {
		t.Errorf("body %q, %v", body, err)
	}
	if restricted := m.Level == habilitation.Restricted; restricted !=
		(strings.HasPrefix(string(body), restrictedMention+"\r\n") && strings.HasSuffix(string(body), "\r\n"+restrictedMention+"\r\n")) {
		t.Errorf("restricted %v, body %q", restricted, body)
	}
}

// TestContentIsIndependentOfNumbers: a visa binds the digest before there is a number.
func TestContentIsIndependentOfNumbers(t *testing.T) {
	s := restrictedTelegram()
	content := composeContent(&s.message)
	other := s.allotted
	other.Number.N, other.Addressees, other.At, other.House = 13, []uint64{309, 13, 6}, other.At.Add(time.Hour), "other.example"
	one, two := composeOriginal(s.allotted, &s.message, content), composeOriginal(other, &s.message, content)
	if bytes.Equal(one, two) || !bytes.HasSuffix(one, content) || !bytes.HasSuffix(two, content) {
		t.Error("two numbers for one content: the contents differ, or nothing does")
	}
	if !bytes.Equal(one, composeOriginal(s.allotted, &s.message, composeContent(&s.message))) {
		t.Error("the same message twice gives other bytes")
	}
}

// TestContentIsIndependentOfWhoSigns: neither the signatory, nor who gave a visa, nor what the signatory can see changes what visas bind.
func TestContentIsIndependentOfWhoSigns(t *testing.T) {
	s := wholeTelegram()
	content := composeContent(&s.message)
	other := s.message
	other.Signatory, other.Authorization = Person{Agent: 99, Login: "other", Name: "Somebody Else"}, Authorization{}
	other.References = slices.Clone(other.References)
	other.References[0].Message = habilitation.ID{}
	other.Addressees = slices.DeleteFunc(slices.Clone(other.Addressees), func(a Addressee) bool { return a.Collective != "" })
	if !bytes.Equal(content, composeContent(&other)) {
		t.Errorf("another hand, another content:\n%s\n%s", content, composeContent(&other))
	}
	if bytes.Equal(composeOriginal(s.allotted, &s.message, content), composeOriginal(s.allotted, &other, content)) {
		t.Error("another hand, the same original")
	}
}

// TestFieldsKeepEveryWord reads back the fields that carry several values.
func TestFieldsKeepEveryWord(t *testing.T) {
	s := restrictedTelegram()
	p, err := parseOriginal(s.original())
	if err != nil {
		t.Fatal(err)
	}
	to := s.message.Addressees[0]
	for field, want := range map[string]map[string]string{
		"X-Chancery-Addressee": {"": "action", "group": to.Key, "timbre": to.Timbre, "name": to.Name, "qualification": "do",
			"deadline": "2026-07-14T12:00:00Z", "instruction": to.Instruction},
		"X-Chancery-Drafter":    {"": "agent", "login": "elodie.brunet", "name": "Élodie Brunet"},
		"X-Chancery-Precedence": {"": "immediate", "info": "routine"},
		"X-Chancery-Tag":        {"": "tag", "key": "mali", "label": "Mali"},
		"X-Chancery-Reference":  {"": "cited", "text": "TD DIPLOMATIE 932"},
		"X-Chancery-Resolved":   {"": "1", "message": specimenID(50).String()},
		"X-Chancery-Attachment": {"": "restricted", "size": "10", "type": "application/pdf", "filename": "carte des crues – juillet.pdf",
			"sha512": s.message.Attachments[0].Digest},
	} {
		word, params, err := mime.ParseMediaType(p.Header.Get(field))
		if err != nil {
			t.Errorf("%s: %v", field, err)
			continue
		}
		params[""] = word
		for name, value := range want {
			if params[name] != value {
				t.Errorf("%s %s: %q, want %q", field, name, params[name], value)
			}
		}
		if len(params) != len(want) {
			t.Errorf("%s: %q, want %q", field, params, want)
		}
	}
}

// TestSecurityLabels reads the ESS labels (RFC 2634 §3): the policy, and 1 for unclassified or 2 for restricted.
func TestSecurityLabels(t *testing.T) {
	for text, want := range map[string]int{essUnprotected: 1, essRestricted: 2} {
		der, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		var set asn1.RawValue
		if rest, err := asn1.Unmarshal(der, &set); err != nil || len(rest) > 0 || set.Tag != asn1.TagSet {
			t.Fatalf("label %s: %+v, %v", text, set, err)
		}
		var policy asn1.RawValue
		rest, err := asn1.Unmarshal(set.Bytes, &policy)
		if err != nil || policy.Tag != asn1.TagOID || policy.Bytes[0] != 2*40+25 {
			t.Errorf("policy of %s: %+v, %v", text, policy, err)
		}
		var classification int
		if rest, err = asn1.Unmarshal(rest, &classification); err != nil || classification != want || len(rest) > 0 {
			t.Errorf("classification of %s: %d, %v, want %d", text, classification, err, want)
		}
	}
}

func BenchmarkComposeOriginal(b *testing.B) {
	s := restrictedTelegram()
	s.message.Text = strings.Repeat("La crue, la plus forte depuis 1967, gagne le delta intérieur.\n", 42)[:2600]
	b.ReportAllocs()
	for b.Loop() {
		s.original()
	}
}

func BenchmarkParseOriginal(b *testing.B) {
	s := restrictedTelegram()
	s.message.Text = strings.Repeat("La crue, la plus forte depuis 1967, gagne le delta intérieur.\n", 42)[:2600]
	original := s.original()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseOriginal(original); err != nil {
			b.Fatal(err)
		}
	}
}
