package web

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"chancery/correspondence"
	"chancery/correspondence/housetest"
	"chancery/habilitation"
)

// origin says how a field of a telegram comes to be.
type origin string

const (
	settable origin = "written by its author"
	allotted origin = "allotted by the decision"
	derived  origin = "made of what was decided, or of what happened since"
)

// telegramField is a field that the trade asks of a telegram, and what shows it where.
type telegramField struct {
	name string
	origin
	eml   []string // in the signed headers and the body, unfolded and decoded
	api   []string // in the answer of the API
	page  []string // on the message's page
	paper []string // on the printed sheet
}

// says is what is looked for in one place.
func says(all ...string) []string { return all }

// telegramFields are the fields of a telegram in the order in which the trade lists them. What stands beside the signed bytes by its nature (what
// came of the message since, its signature, its proof) is not in them; the language of a page is in its markup,
// the identity in its address.
var telegramFields = []telegramField{
	{"type", settable, says("X-Chancery-Type: telegram"), says(`"kind":"telegram"`), says("Télégramme"), says("TD DAM DR 3 LE 2 MARS 2026")},
	{"numéro", allotted,
		says("X-Chancery-Number: TD DAM DR 3", "MMHS-Originator-Reference: TD DAM DR 2026/3"),
		says(`"number":"TD DAM DR 3"`),
		says("TD DAM DR 3"),
		says("TD DAM DR 3")},
	{"numéro par destinataire", allotted, says("X-Chancery-Addressee-Numbers: BAMAKO=3, DIPLOMATIE=1, NIAMEY=1"), says(`"number":3`), says("BAMAKO 3"), says("BAMAKO 3")},
	{"identité", allotted, says("Message-ID: <{self}@essai.example>"), says(`"id":"{self}"`), nil, says("{self}")},
	{"groupe date-heure, déposé le, créé le", allotted,
		says("MMHS-Extended-Authorisation-Info: 20260302100030Z", "Date: Mon, 02 Mar 2026 10:00:30 +0000", "X-Chancery-Begun: 2026-03-02T08:00:00Z", "X-Chancery-Handed-In: 2026-03-02T09:00:00Z"),
		says(`"dtg":"021000Z MAR 26"`, `"begun_at":"2026-03-02T08:00:00Z"`, `"handed_in":"2026-03-02T09:00:00Z"`),
		says("021000Z MAR 26", "Créé le 2 mars 2026 à 08:00 déposé le 2 mars 2026 à 09:00"),
		says("021000Z MAR 26", "2 mars 2026 à 08:00 – déposé le 2 mars 2026 à 09:00")},
	{"exercice", settable, says("MMHS-Message-Type: 0", "EXERCICE EXERCICE EXERCICE"), says(`"exercise":true`), says("Exercice exercice exercice"), says("EXERCICE")},
	{"origine", settable,
		says(`From: "Direction de l'Afrique" <dam@groups.invalid>`, "MMHS-Originator-PLAD: DAM"),
		says(`"origin":{"key":"dam"`),
		says("Origine Direction de l'Afrique"),
		says("Direction de l'Afrique (DAM)")},
	{"rédacteur", settable,
		says("Sender: Théo Blanc <theo@agents.invalid>"),
		says(`"drafter":{"login":"theo"`),
		says("rédacteur : Théo Blanc"),
		says("Rédacteur Théo Blanc")},
	{"visas", allotted,
		says("X-Chancery-Visa: remarks; login=karim", "comment*=utf-8''Voir%20le%20%C2%A72", `MMHS-Authorizing-Users: "Nadia Diop" <nadia@agents.invalid>, "Karim Benali" <karim@agents.invalid>`),
		says(`"visas":[{"reviewer":{"login":"karim"`, `"comment":"Voir le §2"`),
		says("Karim Benali visé avec remarques", "Voir le §2"),
		says("Karim Benali – visa avec observations", "Voir le §2")},
	{"signataire, qualité, par délégation de", allotted,
		says("X-Chancery-Signatory: agent; login=nadia", "X-Chancery-On-Behalf: agent; login=marie"),
		says(`"signatory":{"login":"nadia"`, `"on_behalf":{"login":"marie"`, `"quality":"agent"`),
		says("Nadia Diop p/o Marie Roy", "Qualité agent"),
		says("NADIA DIOP p/o MARIE ROY", "Nadia Diop – agent")},
	{"action (AD)", settable,
		says(`To: Ambassade à Bamako <bamako@groups.invalid>, "Karim Benali" <karim@agents.invalid>`, "X-Chancery-Addressee: action; group=bamako", "qualification=do; deadline=\"2026-03-09T18:00:00Z\"", "attention=\"Mme la consule\""),
		says(`"key":"bamako"`, `"role":"action","qualification":"do","deadline":"2026-03-09T18:00:00Z","instruction":"Prévenir la cellule de crise."`, `"attention":"Mme la consule"`, `"agents":[{"login":"karim"`),
		says("AD BAMAKO", "À faire avant le 9 mars 2026 à 18:00", "Prévenir la cellule de crise.", "Mme la consule", "Personnel Karim Benali"),
		says("AD BAMAKO", "À faire avant le 9 mars 2026 à 18:00", "Prévenir la cellule de crise.", "Mme la consule", "Personnel pour Karim Benali")},
	{"info (CQ)", settable,
		says(`Cc: Ministère <mae@groups.invalid>, "Tous les postes" <postes@collectives.invalid>`, "X-Chancery-Addressee: info; group=mae"),
		says(`"key":"mae"`, `"role":"info"`),
		says("CQ DIPLOMATIE"),
		says("CQ DIPLOMATIE")},
	{"retransmission (RT)", derived,
		nil,
		says(`"key":"cabinet"`, `"added":{"by":{"login":"marie"`, `"reason":"Oublié"`),
		says("CABINET 1 Pour information ajouté par Marie Roy", "Oublié"),
		says("RT CABINET 1 ajouté le 2 mars 2026 à 10:00 par Marie Roy – Oublié")},
	{"exemptés", settable,
		says("MMHS-Exempted-Address: Ambassade à Rome <rome@groups.invalid>"),
		says(`"exempted":[{"key":"rome"`),
		says("Exemptés ROME"),
		says("Sauf ROME")},
	{"à servir", settable,
		says("MMHS-Message-Instructions: BAMAKO: SERVIR CM5 - PR4"),
		says(`"serve":["CM5","PR4"]`),
		says("NB : SERVIR CM5 - PR4"),
		says("NB : SERVIR : CM5 - PR4")},
	{"collectif", settable,
		says("MMHS-Other-Recipients-Indicator-CC: postes", "X-Chancery-Expanded: info; collective=postes; group=niamey"),
		says(`"collectives":[{"key":"postes"`, `"members":1`, `"collective":"postes"`),
		says("Tous les postes 1 groupe NIAMEY 1"),
		says("Tous les postes (1 destinataire)", "NIAMEY 1")},
	{"classe de distribution", settable,
		says("X-Chancery-Distribution-Class: directors"),
		says(`"distribution_class":"directors"`),
		says("DISTRIBUTION : Directeurs"),
		says("DISTRIBUTION DIRECTEURS")},
	{"priorités", settable,
		says("MMHS-Primary-Precedence: 3", "MMHS-Copy-Precedence: 2", "precedence=urgent"),
		says(`"action_precedence":"immediate","info_precedence":"priority"`, `"precedence":"urgent"`),
		says("Immédiat ; copies : Prioritaire", "Urgent"),
		says("IMMÉDIAT – copies : Prioritaire", "BAMAKO 3 – Urgent")},
	{"nuit", settable,
		says(`night=yes; night-reason="Vies en jeu"`),
		says(`"night":true,"night_reason":"Vies en jeu"`),
		says("NUIT : Vies en jeu"),
		says("De nuit : Vies en jeu")},
	{"répondre avant", settable,
		says("Reply-By: Tue, 10 Mar 2026 12:00:00 +0000"),
		says(`"reply_before":"2026-03-10T12:00:00Z"`),
		says("Répondre avant 10 mars 2026 à 12:00"),
		says("Répondre avant 10 mars 2026 à 12:00")},
	{"valable jusqu’au", settable,
		says("Expires: Wed, 01 Apr 2026 23:59:59 +0200"),
		says(`"valid_until":"2026-04-01T23:59:59+02:00"`),
		says("Valable jusqu’au 1er avril 2026"),
		says("Valable jusqu’au 1er avril 2026")},
	{"pas avant", settable,
		says("X-Chancery-Not-Before: 2026-03-02T08:30:00Z"),
		says(`"not_before":"2026-03-02T08:30:00Z"`),
		says("Pas avant 2 mars 2026 à 08:30"),
		says("Pas avant 2 mars 2026 à 08:30")},
	{"silence jusqu’au", settable,
		says("X-Chancery-Silence-Until: 2026-03-11T18:00:00Z"),
		says(`"silence_until":"2026-03-11T18:00:00Z"`),
		says("Silence jusqu’au 11 mars 2026 à 18:00"),
		says("Silence jusqu’au 11 mars 2026 à 18:00")},
	{"accusé demandé", settable,
		says(`Disposition-Notification-To: "Direction de l'Afrique" <dam@groups.invalid>`, "receipt=charge", "receipt=delivery"),
		says(`"receipt":"charge"`, `"receipt":"delivery"`),
		says("accusé : prise en charge", "accusé : remise"),
		says("accusé de prise en charge", "accusé de remise")},
	{"objet", settable,
		says("Subject: Évacuation des ressortissants"),
		says(`"subject":"Évacuation des ressortissants"`),
		says("Évacuation des ressortissants"),
		says("Objet Évacuation des ressortissants")},
	{"résumé", settable,
		says("RESUME Deux vols par jour."),
		says(`"summary":"Deux vols par jour."`),
		says("Résumé Deux vols par jour."),
		says("RÉSUMÉ Deux vols par jour.")},
	{"texte", settable,
		says("TEXTE (DR) 1. Le pont aérien tient."),
		says(`"text":"(DR) 1. Le pont aérien tient.`),
		says("Le pont aérien tient."),
		says("TEXTE (DR) 1. Le pont aérien tient.")},
	{"commentaire", settable,
		says("COMMENTAIRE Le poste tient bon."),
		says(`"comment":"Le poste tient bon."`),
		says("Commentaire Le poste tient bon."),
		says("COMMENTAIRE Le poste tient bon.")},
	{"langue", settable, says("Content-Language: fr"), says(`"language":"fr"`), nil, nil},
	{"étiquettes", settable,
		says("MMHS-Subject-Indicator-Codes: peche; sahel", "Keywords: ponts aériens"),
		says(`"tags":[{"key":"peche"`, `"free_tags":["ponts aériens"]`),
		says("Étiquettes Pêche Sahel", "Mots-clés ponts aériens"),
		says("Mots-clés Pêche, Sahel, ponts aériens")},
	{"pays, personnes", settable,
		says("X-Chancery-Country: value; text=Mali", "X-Chancery-Person: value; text*=utf-8''Amadou%20Traor%C3%A9"),
		says(`"countries":["Mali"],"persons":["Amadou Traoré"]`),
		says("Pays Mali", "Personnes citées Amadou Traoré"),
		says("Pays Mali", "Personnes Amadou Traoré")},
	{"pièces", settable,
		says("X-Chancery-Attachment: unprotected; size=16;", `type="text/plain"; filename="plan de vol.txt"`, "sha512="+planDigest, "1. plan de vol.txt (16 octets, NON PROTEGE)"),
		says(`"files":[{"name":"plan de vol.txt","type":"text/plain","size":16,"level":"unprotected","sha512":"` + planDigest),
		says("plan de vol.txt 16 o · text/plain · non protégé", planDigest),
		says("1. plan de vol.txt – 16 o – non protégé – text/plain", planDigest[:64])},
	{"plan de classement", derived,
		says("X-Chancery-File-Plan: DAM/peche"),
		says(`"file_plan":"AFR/MALI/Évacuations"`),
		says("Classement AFR/MALI/Évacuations"),
		says("Classement AFR/MALI/Évacuations")},
	{"références", settable,
		says(`X-Chancery-Reference: cited; text="TD DAM DR 1"`, `X-Chancery-Reference: cited; text="Note verbale du 3 mars"`, "References: <{before}@essai.example>"),
		says(`"references":[{"text":"TD DAM DR 1","id":"{before}"`, `{"text":"Note verbale du 3 mars"`),
		says("Références TD DAM DR 1 Note verbale du 3 mars"),
		says("Référence TD DAM DR 1 Note verbale du 3 mars")},
	{"répond à", settable,
		says("In-Reply-To: <{asked}@essai.example>"),
		says(`"in_reply_to":{"text":"TD BAMAKO DR 1","id":"{asked}"`),
		says("Répond à TD BAMAKO DR 1"),
		says("Réponse à TD BAMAKO DR 1")},
	{"annule", settable,
		says(`X-Chancery-Corrects: cancels; message={cancelled}`, "Supersedes: <{cancelled}@essai.example>"),
		says(`"id":"{cancelled}","banners":[],"how":"cancels"`),
		says("Correction Annule TD DAM DR 4"),
		says("ANNULE TD DAM DR 4")},
	{"rectifie", settable,
		says(`X-Chancery-Corrects: rectifies; message={rectified}`),
		says(`"id":"{rectified}","banners":[],"how":"rectifies"`),
		says("Correction Rectifie TD DAM DR 6"),
		says("RECTIFIE TD DAM DR 6")},
	{"remplace", settable,
		says("X-Chancery-Corrects: replaces; message={wrong}", "Supersedes: <{wrong}@essai.example>"),
		says(`"corrects":{"text":"TD DAM DR 2","id":"{wrong}","banners":[],"how":"replaces"`),
		says("Correction Remplace TD DAM DR 2"),
		says("REMPLACE TD DAM DR 2")},
	{"fait suite à, dossier", settable,
		says(`X-Chancery-Follows: message; text="TD DAM DR 1"; message={before}`),
		says(`"follows":{"text":"TD DAM DR 1","id":"{before}"`, `"dossiers":[{"id":"{dossier}"`),
		says("Fait suite à TD DAM DR 1", "Crise de mars"),
		says("Fait suite à TD DAM DR 1")},
	{"mention", settable,
		says("X-Chancery-Level: restricted", `SIO-Label: marking="DIFFUSION RESTREINTE"`, "DIFFUSION RESTREINTE EXERCICE"),
		says(`"level":"restricted"`),
		says("diffusion restreinte"),
		says("DIFFUSION RESTREINTE – SPÉCIAL FRANCE – EXERCICE")},
	{"motif, propriétaire, réévaluer le", settable,
		says("X-Chancery-Level-Reason: Source protégée", "X-Chancery-Level-Owner: group; group=cabinet", "X-Chancery-Reassess-On: 2028-01-31T23:59:59+01:00"),
		says(`"level_reason":"Source protégée","level_owner":{"key":"cabinet"`, `"reassess_on":"2028-01-31T23:59:59+01:00"`),
		says("Source protégée", "mention de CABINET", "à réévaluer le 31 janvier 2028"),
		says("Motif du niveau Source protégée", "CABINET", "À réévaluer le 31 janvier 2028")},
	{"audience", settable,
		says("X-Chancery-Audience-Mention: Spécial France", "EXERCICE Spécial France RESUME"),
		says(`"audience_mention":"Spécial France"`),
		says("Spécial France"),
		says("SPÉCIAL FRANCE")},
	{"consignes", settable,
		says("MMHS-Handling-Instructions: Ne pas afficher"),
		says(`"handling_instructions":"Ne pas afficher"`),
		says("Ne pas afficher"),
		says("Consignes Ne pas afficher")},
	{"mention par paragraphe et par pièce", settable,
		says("(DR) 1. Le pont aérien tient. (NP) 2. Rien à signaler.", "X-Chancery-Attachment: unprotected"),
		says(`(NP) 2. Rien à signaler.`),
		says("DR 1. Le pont aérien tient. NP 2. Rien à signaler.", "· non protégé"),
		says("(NP) 2. Rien à signaler.", "16 o – non protégé")},
	{"empreinte", derived, says("X-Chancery-Content: sha256="), says(`"content_digest":"`), nil, says("Contenu, SHA-256 : ")},
	{"signature", allotted, nil, says(`"signature":{"valid":true`), says("Signature valide", "Signature détachée (.p7s)"), says("Signature valide")},
	{"horodatage", allotted,
		nil,
		says(`"stamped_at":"2026-03-02T10:00:30Z"`),
		says("Horodaté le 2 mars 2026 à 10:00", "Jeton d’horodatage"),
		says("Horodaté le 2 mars 2026 à 10:00")},
	{"preuve", derived, nil, nil, says("Preuve d’inscription au journal"), nil},
	{"règle de DUA, sort final, communicable le", allotted,
		says("X-Chancery-Retention: keep; rule=APP-TD; until=2051-03-02; access=ACC-00003; communicable=2051-03-02"),
		says(`"retention":{"rule":"APP-TD"`, `"final":"keep","access":"ACC-00003"`),
		says("À conserver", "APP-TD", "communicable le 2 mars 2051"),
		says("À conserver", "APP-TD", "communicable le 2 mars 2051")},
	{"gel", derived,
		nil,
		says(`"freezes":[{"id":`, `"reason":"Contentieux en cours"`),
		says("Gel d’élimination Contentieux en cours"),
		says("Gel d’élimination Contentieux en cours")},
	{"journal", derived, nil, nil, says("Journal du message", "Visas demandés – tour 1 – Théo Blanc", "Élimination gelée – Ana Costa"), nil},
}

// planDigest is the SHA-512 of the file that the telegram bears.
const planDigest = "e1c58adc60f28b9d1ff1a45a778aa0db552b71ce99ae04f1ac47fce5614f330d91c2532adb2e461b7534e2159ef67373e4a90e4e53640ab00649dbdfad909a94"

// TestReviewersSeeAllThatTheySign: whoever gives a visa puts their name to every field of the draft, and is shown each.
func TestReviewersSeeAllThatTheySign(t *testing.T) {
	w := wholeTelegram(t)
	for _, want := range []string{"Télégramme – Instruction – Exercice exercice exercice", "diffusion restreinte", "Spécial France", "Origine DAM – Direction de l'Afrique", "rédacteur : Théo Blanc",
		"BAMAKO – Ambassade à Bamako – À faire – Avant le 9 mars 2026 à 18:00 – Prévenir la cellule de crise. – Urgent – accusé : prise en charge – NB : SERVIR CM5 - PR4 – à l’attention de Mme la consule – NUIT : Vies en jeu",
		"DIPLOMATIE – Ministère – accusé : remise", "Tous les postes – En copie", "Exemptés ROME – Ambassade à Rome", "Agents nommément Karim Benali", "Urgence pour action Immédiat",
		"Urgence des copies Prioritaire", "Répondre avant 10 mars 2026 à 12:00", "Valable jusqu’au 1er avril 2026", "Pas avant 2 mars 2026 à 08:30", "Silence jusqu’au 11 mars 2026 à 18:00",
		"Étiquettes Pêche, Sahel", "Mots-clés libres ponts aériens", "Pays Mali", "Personnes citées Amadou Traoré", "Références TD DAM DR 1 Note verbale du 3 mars", "Répond à TD BAMAKO DR 1",
		"Fait suite à TD DAM DR 1", "Correction Remplace TD DAM DR 2", "Motif du niveau Source protégée", "Propriétaire de la mention CABINET – Cabinet", "Réévaluer le 31 janvier 2028",
		"Consignes de traitement Ne pas afficher", "Distribution Directeurs", "Évacuation des ressortissants", "Résumé Deux vols par jour.", "Le pont aérien tient.", "Commentaire Le poste tient bon.",
		"plan de vol.txt 16 o · non protégé"} {
		if !strings.Contains(w.reviewed, want) {
			t.Errorf("%q is not on the page of the draft", want)
		}
	}
	if t.Failed() {
		t.Log(w.reviewed)
	}
}

// TestEveryFieldOfATelegramIsSaid writes, signs and completes one telegram that has every field, and finds each in its signed bytes, in the answer of the
// API, on its page and on its printed sheet. What one telegram cannot be, it is in two others: it corrects one message, in one manner.
func TestEveryFieldOfATelegramIsSaid(t *testing.T) {
	if len(telegramFields) != 51 {
		t.Errorf("%d fields, and the trade has 51", len(telegramFields))
	}
	w := wholeTelegram(t)
	shown := w.shown(w.id)
	cancels, rectifies := w.shown(w.corrects("cancels", "{cancelled}")), w.shown(w.corrects("rectifies", "{rectified}"))
	for i, field := range telegramFields {
		of := shown
		switch field.name {
		case "annule":
			of = cancels
		case "rectifie":
			of = rectifies
		}
		for where, want := range map[string][]string{"eml": field.eml, "api": field.api, "page": field.page, "paper": field.paper} {
			for _, one := range want {
				for name, value := range w.names {
					one = strings.ReplaceAll(one, name, value)
				}
				if !strings.Contains(of[where], one) {
					t.Errorf("%d, %s, %s: %q is not in its %s", i+1, field.name, field.origin, one, where)
				}
			}
		}
	}
	for _, evidence := range []string{"signature", "timestamp", "proof", "life"} {
		w.get("/api/v1/messages/" + w.id + "/" + evidence).wants(200)
	}
	if t.Failed() {
		t.Logf("%s\n%s\n%s\n%s", shown["eml"], shown["api"], shown["page"], shown["paper"])
	}
}

// written is the telegram, seen by one who may follow it, with the words by which the list above calls the identities.
type written struct {
	*visitor
	id       string
	names    map[string]string
	reviewed string // the page of the draft, as a reviewer saw it
}

// shown is a message in each of its forms, with every run of white space one space.
func (w *written) shown(id string) map[string]string {
	message := "/api/v1/messages/" + id
	head, body, _ := strings.Cut(string(w.get(message+"/original").wants(200).body), "\r\n\r\n")
	read, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	unfolded, err := new(mime.WordDecoder).DecodeHeader(strings.ReplaceAll(head, "\r\n ", " "))
	if err != nil {
		w.t.Fatal(err)
	}
	squeezed := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	return map[string]string{"eml": squeezed(unfolded) + " " + squeezed(string(read)), "api": string(w.get(message).wants(200).body),
		"page": squeezed(text(w.get("/messages/" + id).wants(200).document())), "paper": squeezed(strings.Join(pagesOf(w.t, w.get(message+"/sheet.pdf").wants(200).body), " "))}
}

// corrects releases a telegram that corrects another, and names that one.
func (w *written) corrects(how, name string) (id string) {
	form := housetest.Telegram("dam", "bamako", habilitation.Restricted, "À corriger")
	form.Agents = []string{"theo"}
	old := w.As("marie").Dispatches(form)
	w.names[name] = old.ID.String()
	form.Corrects = &correspondence.FormCorrection{Message: old.Number, How: how}
	return w.As("marie").Dispatches(form).ID.String()
}

// wholeTelegram is one restricted telegram that has every field an author may set, signed in somebody's place after a visa, completed, filed anew and
// frozen after its release.
func wholeTelegram(t *testing.T) *written {
	t.Helper()
	l := newLodge(t)
	const dr = habilitation.Restricted
	group := func(id habilitation.AudienceID, key, timbre, name, sort string) habilitation.Act {
		return habilitation.AudienceCreated{Audience: id, Key: key, Sort: sort, Timbre: timbre, Name: habilitation.Label{FR: name, EN: name}, Level: dr}
	}
	l.Enact(group(6, "rome", "ROME", "Ambassade à Rome", "embassy"), group(7, "niamey", "NIAMEY", "Ambassade à Niamey", "embassy"), group(8, "cabinet", "CABINET", "Cabinet", "service"),
		habilitation.AgentAdded{Agent: 8, Login: "nadia", Name: "Nadia Diop", Title: "conseillère", Level: dr},
		habilitation.MemberJoined{Audience: 2, Agent: 6, Duties: habilitation.Drafter | habilitation.Collective}, habilitation.MemberJoined{Audience: 2, Agent: 8, Duties: habilitation.Collective},
		habilitation.MemberJoined{Audience: 7, Agent: 7}, habilitation.MemberJoined{Audience: 8, Agent: 7},
		habilitation.CollectiveDefined{Collective: "postes", Name: habilitation.Label{FR: "Tous les postes", EN: "All posts"}, Sorts: []string{"embassy"}},
		habilitation.DelegationGiven{Delegation: habilitation.ID{7}, From: 1, To: 8, Audience: 2, Duties: habilitation.Signatory, Reason: "Mission", Begins: l.Clock.Now(), Ends: l.Clock.Now().Add(24 * time.Hour)})
	asked := l.As("paul").Dispatches(housetest.Telegram("bamako", "dam", dr, "Demande d’instructions"))
	earlier := func(subject string) correspondence.MessageView {
		form := housetest.Telegram("dam", "bamako", dr, subject)
		form.Drafter, form.Agents = "theo", []string{"nadia"}
		return l.As("marie").Dispatches(form)
	}
	before, wrong := earlier("Premières consignes"), earlier("Consignes fautives")
	theo := l.As("theo")
	draft := theo.Writes(correspondence.Form{
		Kind: "telegram", Instruction: true, Exercise: true, Origin: "dam", Drafter: "theo",
		Action: []correspondence.FormAddressee{{Group: "bamako", Qualification: "do", Deadline: "2026-03-09T18:00:00Z", Instruction: "Prévenir la cellule de crise.", Precedence: "urgent",
			Night: true, NightReason: "Vies en jeu", Receipt: "charge", Serve: []string{"CM5", "PR4"}, Attention: "Mme la consule"}},
		Info:        []correspondence.FormAddressee{{Group: "mae", Receipt: "delivery"}},
		Collectives: []correspondence.FormCollective{{Collective: "postes", Role: "info"}}, Exempted: []string{"rome"}, Agents: []string{"karim"},
		Precedence: "immediate", InfoPrecedence: "priority", Level: "restricted", Tags: []string{"peche", "sahel"}, FreeTags: []string{"ponts aériens"}, Countries: []string{"Mali"},
		Persons: []string{"Amadou Traoré"}, Language: "fr", Subject: "Évacuation des ressortissants", Summary: "Deux vols par jour.", Text: "(DR) 1. Le pont aérien tient.\n\n(NP) 2. Rien à signaler.",
		Comment: "Le poste tient bon.", References: []string{before.Number, "Note verbale du 3 mars"}, ReplyTo: asked.Number, Follows: before.Number,
		Corrects:    &correspondence.FormCorrection{Message: wrong.Number, How: "replaces"},
		ReplyBefore: "2026-03-10T12:00:00Z", ValidUntil: "2026-04-01", NotBefore: "2026-03-02T08:30:00Z", SilenceUntil: "2026-03-11T18:00:00Z",
		LevelReason: "Source protégée", LevelOwner: "cabinet", ReassessOn: "2028-01-31", AudienceMention: "Spécial France", HandlingInstructions: "Ne pas afficher", DistributionClass: "directors",
		Attachments: []correspondence.FormAttachment{{Name: "plan de vol.txt", Type: "text/plain", Level: "unprotected", Content: []byte("Vol 1 à l'aube.")}},
	})
	if len(draft.Faults) > 0 {
		t.Fatalf("faults %+v", draft.Faults)
	}
	unset := append(unsetOf(draft.Form), unsetOf(draft.Form.Action[0])...)
	if !slices.Equal(unset, []string{"External"}) { // which formal mail alone has
		t.Errorf("not set: %v", unset)
	}
	l.Clock.Advance(time.Hour)
	theo.Submits(draft.ID, correspondence.FormStep{Agents: []string{"karim"}})
	reviewed := strings.Join(strings.Fields(text(l.visit("karim", dr).get("/drafts/"+draft.ID.String()).wants(200).document())), " ")
	if _, err := l.As("karim").Visa(t.Context(), draft.ID, correspondence.Opinion{Digest: l.As("karim").Opens(draft.ID).Circuit.Digest, Verdict: "remarks", Comment: "Voir le §2"}); err != nil {
		t.Fatal(err)
	}
	l.Clock.Advance(time.Hour)
	l.As("nadia").Signs(draft.ID, 30*time.Second)
	l.Elapse(30 * time.Second)
	id := theo.Reads(draft.ID).ID
	for _, err := range []error{
		l.As("marie").AddAddressee(t.Context(), id, correspondence.AddresseeWish{Group: "cabinet", Reason: "Oublié"}),
		l.As("ana").Refile(t.Context(), id, "AFR/MALI/Évacuations", "Plan 2026"),
		l.As("ana").Freeze(t.Context(), id, "Contentieux en cours"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	dossier, err := theo.OpenDossier(t.Context(), correspondence.DossierForm{Title: "Crise de mars", Owner: "dam", Level: "restricted"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := theo.AddToDossier(t.Context(), dossier.ID, id.String()); err != nil {
		t.Fatal(err)
	}
	return &written{l.visit("theo", dr), id.String(), map[string]string{"{self}": id.String(), "{asked}": asked.ID.String(), "{before}": before.ID.String(), "{wrong}": wrong.ID.String(), "{dossier}": dossier.ID.String()}, reviewed}
}

// unsetOf are the fields of a form that nothing was written in.
func unsetOf(form any) (names []string) {
	v := reflect.ValueOf(form)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			names = append(names, v.Type().Field(i).Name)
		}
	}
	return names
}
