package web

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"chancery/correspondence"
	"chancery/habilitation"
	"chancery/web/paper"
)

// press is what sheets are printed with.
type press struct {
	t         *testing.T
	fonts     *paper.Fonts
	catalogue *catalogue
}

func newPress(t *testing.T) *press {
	t.Helper()
	fonts, err := paper.ReadFonts()
	if err != nil {
		t.Fatal(err)
	}
	c, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	return &press{t, fonts, c}
}

func (p *press) sheet(lang string, m correspondence.MessageView) []byte {
	p.t.Helper()
	var out bytes.Buffer
	if err := paper.Sheet(&out, p.fonts, p.catalogue.in(lang), paper.House{Name: "Maison d’essai", Zone: time.UTC}, &m); err != nil {
		p.t.Fatal(err)
	}
	return out.Bytes()
}

// pagesOf is the text of a document, page by page, as pdftotext reads it.
func pagesOf(t *testing.T, document []byte) []string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not installed (poppler-utils): what is printed was not read")
	}
	path := filepath.Join(t.TempDir(), "m.pdf")
	if err := os.WriteFile(path, document, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("pdftotext", "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\f"), "\f")
}

// fullMessage has something in every field that a message may have.
func fullMessage() correspondence.MessageView {
	day := func(n int) *time.Time { at := time.Date(2026, 3, n, 17, 0, 0, 0, time.UTC); return &at }
	group := func(key, timbre, name string) correspondence.AudienceRef {
		return correspondence.AudienceRef{Key: key, Timbre: timbre, Name: habilitation.Label{FR: name, EN: name}}
	}
	m := correspondence.MessageView{
		Headline: correspondence.Headline{ID: habilitation.ID{1}, Number: "TD BAMAKO DR 12", Kind: correspondence.Telegram, Level: habilitation.Restricted,
			Subject: "Évacuation des ressortissants : « plan Niger », 42 € par tête", Summary: "Le résumé tient en deux lignes ; il dit l’essentiel de ce qui est demandé au poste et par qui, avant le soir.",
			Origin: group("bamako", "BAMAKO", "Ambassade à Bamako"), ReleasedAt: *day(7), Instruction: true, Exercise: true,
			ExpiredAt: day(10), Banners: []correspondence.Banner{{How: correspondence.Rectifies, Number: "TD BAMAKO DR 13", ReleasedAt: *day(12)}}},
		DTG: "071700Z MAR 26", Drafter: &correspondence.AgentRef{Name: "J. C. Belliard"}, Signatory: &correspondence.AgentRef{Name: "Paul Noël"},
		OnBehalf: &correspondence.AgentRef{Name: "Inès Marlaud"}, ActionFirst: correspondence.Immediate, InfoFirst: correspondence.Routine, Language: "fr",
		Addressees: []correspondence.AddresseeView{
			{AudienceRef: group("mae", "DIPLOMATIE", "Ministère"), Role: correspondence.Action, Qualification: correspondence.ToDo, Deadline: day(8), Number: 308,
				Instruction: "Prévenir la cellule de crise.", Night: true, NightReason: "vies en jeu", Receipt: correspondence.ChargeReceipt, Serve: []string{"DAM", "CMB", "PR4"}, Attention: "M. le directeur"},
			{AudienceRef: group("geneve", "GENEVE", "Genève"), Role: correspondence.Info, Added: &correspondence.AdditionView{WordView: correspondence.WordView{By: correspondence.AgentRef{Name: "Ana Costa"}, At: *day(8), Reason: "oublié"}}},
			{AudienceRef: group("armees", "ARMEES PARIS", "Armées"), Role: correspondence.Info, Qualification: correspondence.ForInformation, Number: 82, Precedence: correspondence.Priority},
		},
		Agents: []correspondence.AgentRef{{Name: "Karim Benali"}}, Tags: []correspondence.TagRef{{Label: habilitation.Label{FR: "Onu-Conseil de sécurité", EN: "UN Security Council"}}},
		FreeTags: []string{"ponts aériens"}, Countries: []string{"Mali"}, Persons: []string{"Amadou Traoré"}, DistributionClass: correspondence.ForDirectors,
		Collectives: []correspondence.CollectiveView{{Name: habilitation.Label{FR: "Postes d’Afrique"}, Members: 41}}, Exempted: []correspondence.AudienceRef{group("rome", "ROME", "Rome")},
		References: []correspondence.ReferenceView{{Text: "TD DIPLOMATIE 932", Banners: []correspondence.Banner{{How: correspondence.Replaces, Number: "TD DIPLOMATIE 940", ReleasedAt: *day(12)}}}, {Text: "Note verbale du 3 mars"}}, InReplyTo: &correspondence.ReferenceView{Text: "TD DIPLOMATIE 931"},
		Follows: &correspondence.ReferenceView{Text: "TD BAMAKO DR 11"}, Corrects: &correspondence.CorrectionView{ReferenceView: correspondence.ReferenceView{Text: "TD BAMAKO DR 10"}, How: correspondence.Cancels},
		ReplyBefore: day(9), ValidUntil: day(10), NotBefore: day(6), SilenceUntil: day(11), ReassessOn: day(31), LevelReason: "Source protégée", LevelOwner: group("cabinet", "CABINET", "Cabinet"),
		Keeping: correspondence.KeepingView{BegunAt: day(4), HandedIn: day(5), FilePlan: "AFR/MALI", Retention: &correspondence.RetentionView{Rule: "APP-TD", KeepUntil: *day(7), Final: "keep", Access: "ACC-00003", CommunicableOn: *day(8)},
			Freezes: []correspondence.FreezeView{{WordView: correspondence.WordView{By: correspondence.AgentRef{Name: "Odile Archives"}, At: *day(9), Reason: "Contentieux en cours"}}}}, AudienceMention: "Spécial France",
		HandlingInstructions: "Ne pas afficher", External: []string{"crise@onu.example"}, Comment: "Commentaire du poste : le pont tient.", OwnEdit: true,
		Visas: []correspondence.VisaView{{Reviewer: correspondence.AgentRef{Name: "Awa Diarra"}, Group: group("dam", "DAM", "Afrique"), Verdict: "remarks", At: *day(6), Comment: "Voir le §2",
			For: &correspondence.AgentRef{Name: "Luc Lemoine"}}},
		Files:     []correspondence.AttachmentView{{Name: "carte d’été.pdf", Type: "application/pdf", Size: 12345, Level: habilitation.Unprotected, SHA512: strings.Repeat("0123456789abcdef", 8)}},
		Reception: &correspondence.ReceptionView{To: []string{"poste@essai.example"}, Unknown: []string{"perdu@essai.example"}, Flaws: []string{"charset"}},
		Signature: correspondence.SignatureView{Valid: true, Signer: "Paul Noël", Quality: "agent", SignedAt: *day(7), StampedAt: day(7)}, ContentDigest: strings.Repeat("fe", 32),
	}
	m.Text = "1. Premier paragraphe, avec des mots assez longs pour que la ligne se plie : anticonstitutionnellement, œuvre, cœur, ÀÉÎÔÜ, Владимир, Αθήνα, Đặng.\n\n(DR) 2. Second." +
		strings.Repeat("\n\nLa situation sur les berges du fleuve reste tendue ; la crue monte de dix centimètres par jour et les greniers sont menacés.", 40)
	return m
}

// TestPaperTellsADateWithoutItsHour: what was given as a date is printed as that date, wherever its second falls, and the station's hour is that of
// the date-time group.
func TestPaperTellsADateWithoutItsHour(t *testing.T) {
	p := newPress(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	m := fullMessage()
	m.ReleasedAt = time.Date(2026, 11, 27, 23, 29, 0, 0, time.UTC)
	end := time.Date(2028, 1, 2, 23, 59, 59, 0, paris)
	old := time.Date(2027, 5, 1, 23, 59, 59, 0, time.UTC)          // as dates ended once
	unzoned := time.Date(2026, 12, 24, 23, 59, 59, 0, paris).UTC() // as the lists have it
	hour := time.Date(2026, 12, 25, 17, 0, 0, 0, time.UTC)
	m.ReassessOn, m.ValidUntil, m.Addressees[0].Deadline, m.ReplyBefore = &end, &old, &unzoned, &hour
	var out bytes.Buffer
	if err := paper.Sheet(&out, p.fonts, p.catalogue.in("fr"), paper.House{Name: "Maison d’essai", Zone: paris}, &m); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(strings.Fields(strings.Join(pagesOf(t, out.Bytes()), "\n")), " ")
	for _, want := range []string{"2 janvier 2028", "1er mai 2027", "avant le 24 décembre 2026", "25 décembre 2026 à 18:00", "LE 27 NOVEMBRE 2026", "BAMAKO LE 27/11/26 À 23H29Z"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not on the sheet", want)
		}
	}
	for _, not := range []string{"00:59", "23:59", "01:59", "28/11/26"} {
		if strings.Contains(all, not) {
			t.Errorf("%q is on the sheet", not)
		}
	}
}

// TestTheSheetSaysEverything: every field stands on paper, in both languages, the level is the first and last line of every page, and each
// page bears the number and its own.
func TestTheSheetSaysEverything(t *testing.T) {
	p := newPress(t)
	for lang, words := range map[string][]string{
		"fr": {"TD BAMAKO DR 12 LE 7 MARS 2026", "TD DIPLOMATIE 932 – Remplacé par TD DIPLOMATIE 940, 12 mars 2026", "BAMAKO LE 07/03/26 À 17H00Z", "071700Z MAR 26", "IMMÉDIAT – copies : Routine", "INSTRUCTION", "RECTIFIÉ PAR TD BAMAKO DR 13, 12 MARS 2026", "GENEVE", "ajouté le 8 mars 2026 à 17:00 par Ana Costa – oublié", "ANNULE TD BAMAKO DR 10", "DISTRIBUTION DIRECTEURS",
			"DIPLOMATIE 308 – À faire avant le 8 mars 2026", "accusé de prise en charge", "NB : SERVIR : DAM - CMB - PR4", "De nuit : vies en jeu", "ARMEES PARIS 82 – Prioritaire", "Postes d’Afrique (41 destinataires)",
			"Onu-Conseil de sécurité, ponts aériens", "Silence jusqu’au", "PAUL NOËL p/o INÈS MARLAUD", "visa avec observations", "(sur un texte antérieur)", "Signature valide", "RÉSUMÉ", "TEXTE", "COMMENTAIRE"},
		"en": {"TD BAMAKO DR 12 ON 7 MARCH 2026", "IMMEDIATE – copies: Routine", "CANCELS TD BAMAKO DR 10", "DISTRIBUTION TO DIRECTORS", "UN Security Council", "PAUL NOËL on behalf of INÈS MARLAUD", "SUMMARY", "Valid signature"},
	} {
		t.Run(lang, func(t *testing.T) {
			document := p.sheet(lang, fullMessage())
			if !bytes.Equal(document, p.sheet(lang, fullMessage())) {
				t.Error("the same sheet has other bytes the second time")
			}
			pages := pagesOf(t, document)
			all := strings.Join(pages, "\n")
			squeezed := strings.Join(strings.Fields(all), " ")
			words = append(words, "J. C. Belliard", "Karim Benali", "Mali", "Amadou Traoré", "ROME", "TD DIPLOMATIE 932", "Note verbale du 3 mars", "TD DIPLOMATIE 931", "TD BAMAKO DR 11", "Source protégée",
				"Ne pas afficher", "crise@onu.example", "Prévenir la cellule de crise.", "M. le directeur", "le pont tient", "Awa Diarra", "CABINET", "AFR/MALI", "APP-TD", "ACC-00003", "Contentieux en cours", "Odile Archives", "Luc Lemoine", "Voir le §2", "carte d’été.pdf", "0123456789abcdef", "fefe",
				"anticonstitutionnellement, œuvre, cœur, ÀÉÎÔÜ, Владимир, Αθήνα, Đặng", "« plan Niger », 42 € par tête", "./.", "openssl cms -verify", habilitation.ID{1}.String())
			for _, word := range words {
				if !strings.Contains(squeezed, strings.Join(strings.Fields(word), " ")) {
					t.Errorf("%q is not on the sheet", word)
				}
			}
			if len(pages) < 3 {
				t.Errorf("%d pages", len(pages))
			}
			stamp := map[string]string{"fr": "DIFFUSION RESTREINTE – SPÉCIAL FRANCE – EXERCICE", "en": "RESTRICTED DISTRIBUTION – SPÉCIAL FRANCE – EXERCISE"}[lang]
			for i, page := range pages {
				lines := strings.FieldsFunc(page, func(r rune) bool { return r == '\n' })
				if first, last := strings.TrimSpace(lines[0]), strings.TrimSpace(lines[len(lines)-1]); first != stamp || last != stamp {
					t.Errorf("page %d begins with %q and ends with %q", i+1, first, last)
				}
				if !strings.Contains(page, fmt.Sprintf("page %d / %d", i+1, len(pages))) || strings.Count(page, "TD BAMAKO DR 12") < 2 {
					t.Errorf("page %d does not say which it is", i+1)
				}
			}
		})
	}
}

// TestNothingOfAMessageIsLeftOffTheSheet: each field of a message, changed alone, changes the sheet; a new one is printed or named here.
func TestNothingOfAMessageIsLeftOffTheSheet(t *testing.T) {
	elsewhere := map[string]string{
		"Headline.Kind": "in the number", "Headline.Precedence": "the reader's, not the message's", "Headline.Qualification": "the reader's", "Headline.Deadline": "the reader's",
		"Headline.Reasons": "the reader's", "Headline.Unread": "the reader's", "Headline.Imported": "told by the provenance", "Headline.Received": "told by the reception", "Headline.Attachments": "the files are listed",
		"Headline.Handling": "the reader's", "Outgoing": "of whoever speaks",
		"Headline.Night": "told for each addressee", "CitedBy": "later than the message", "Dossiers": "the reader's", "Language": "of the text",
	}
	p := newPress(t)
	whole := p.sheet("fr", fullMessage())
	var check func(prefix string, path []int, of reflect.Type)
	check = func(prefix string, path []int, of reflect.Type) {
		for i := range of.NumField() {
			field, at := of.Field(i), append(append([]int(nil), path...), i)
			name := prefix + field.Name
			if field.Anonymous && field.Type.Kind() == reflect.Struct {
				check(name+".", at, field.Type)
				continue
			}
			m := fullMessage()
			value := reflect.ValueOf(&m).Elem().FieldByIndex(at)
			if elsewhere[name] != "" {
				continue
			}
			if value.IsZero() {
				if name != "Provenance" {
					t.Errorf("%s is empty in the full message: is it printed?", name)
				}
				continue
			}
			value.SetZero()
			if bytes.Equal(whole, p.sheet("fr", m)) {
				t.Errorf("%s is not printed", name)
			}
		}
	}
	check("", nil, reflect.TypeFor[correspondence.MessageView]())
}

// TestAnyTextIsPrinted: no text breaks the press; what no font has is counted and said, never lost in silence.
func TestAnyTextIsPrinted(t *testing.T) {
	p := newPress(t)
	for name, text := range map[string]string{
		"empty": "", "emoji": "🚁 au sommet \U0001F6A8", "arabic": "السلام عليكم", "one long word": strings.Repeat("x", 5000), "controls": "a\x00b\x1b[31mc\u202ed", "half a character": "\xff\xfe",
		"alias": "{nb} {nb}", "parentheses": `\(escape)\\ (`, "many lines": strings.Repeat("\n", 300), "chinese": "你好，世界", "combining": "e\u0301", "edge": "\uffff\ufffe\U0010ffff",
	} {
		t.Run(name, func(t *testing.T) {
			m := fullMessage()
			m.Subject, m.Summary, m.Text, m.Comment, m.Origin.Name.FR = text, text, text, text, text
			all := strings.Join(pagesOf(t, p.sheet("fr", m)), "\n")
			lost := strings.IndexFunc(text, func(r rune) bool { return r > 0xffff || unicode.In(r, unicode.Arabic, unicode.Han) }) >= 0
			if said := strings.Contains(all, "que cette police n’a pas"); said != lost && name != "half a character" && name != "edge" && name != "many lines" {
				t.Errorf("says that characters are missing: %v, want %v", said, lost)
			}
		})
	}
}

// BenchmarkSheet prints a message of two pages.
func BenchmarkSheet(b *testing.B) {
	fonts, err := paper.ReadFonts()
	if err != nil {
		b.Fatal(err)
	}
	c, err := loadCatalogue()
	if err != nil {
		b.Fatal(err)
	}
	m := fullMessage()
	for b.Loop() {
		if err := paper.Sheet(new(bytes.Buffer), fonts, c.in("fr"), paper.House{Name: "x", Zone: time.UTC}, &m); err != nil {
			b.Fatal(err)
		}
	}
}
