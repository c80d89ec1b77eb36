package correspondence

import (
	"time"

	"chancery/correspondence/keeping"
	"chancery/habilitation"
)

// wholeTelegram has every field that a telegram can have: an instruction that answers one message and replaces another, addressed to a
// collective, signed in somebody's place after two visas.
func wholeTelegram() specimen {
	s := restrictedTelegram()
	s.name, s.old = "good_instruction_whole", false
	m := &s.message
	m.ID = specimenID(5)
	m.Addressees[0].Asked = Asked{Precedence: Urgent, Night: true, NightReason: "Évacuation avant l’aube.", Receipt: ChargeReceipt,
		Serve: []string{"CM5", "Cellule « eau »"}, Attention: "Mme la directrice"}
	m.Addressees[2].Asked = Asked{Receipt: ReadingReceipt, Precedence: Routine}
	m.Addressees = append(m.Addressees, Addressee{Party: specimenParty(6, "niamey", "NIAMEY", "Ambassade de France à Niamey"), Role: Info,
		Qualification: ToRead, Asked: Asked{Collective: "postes-sahel"}})
	s.allotted.Addressees = append(s.allotted.Addressees, 44)
	m.Particulars = wholeParticulars()
	m.Keeping = Keeping{BegunAt: time.Date(2026, 7, 11, 9, 0, 0, 0, time.UTC), HandedIn: time.Date(2026, 7, 12, 11, 0, 0, 0, time.UTC), FilePlan: "BAMAKO/mali",
		Retention: &Retention{Rule: "APP-TD", KeepUntil: time.Date(2051, 7, 12, 13, 2, 7, 0, time.UTC), Final: keeping.Keep, Access: "ACC-00003",
			CommunicableOn: time.Date(2051, 7, 12, 13, 2, 7, 0, time.UTC)}}
	m.Authorization = Authorization{OnBehalf: &Person{Agent: 25, Login: "anne.keller", Name: "Anne Keller"}, OwnEdit: true, Visas: []VisaLine{
		{Person: Person{Agent: 40, Login: "lea.fontaine", Name: "Léa Fontaine"}, Group: specimenAfrica, Round: 1, Digest: "0badc0de", Verdict: "approved",
			At: time.Date(2026, 7, 12, 12, 0, 0, 0, time.UTC)},
		{Person: Person{Agent: 41, Login: "omar.diallo", Name: "Omar Diallo"}, Group: specimenHealth, Round: 2, Digest: "0badc0de", Verdict: "remarks",
			At: time.Date(2026, 7, 12, 12, 30, 0, 0, time.UTC), Comment: "Voir le point 3 ;\nle reste convient.",
			For: &Person{Agent: 42, Login: "ines.roche", Name: "Inès Roche"}},
	}}
	return s
}

func wholeParticulars() Particulars {
	return Particulars{
		Instruction: true, Exercise: true, DistributionClass: ForDirectors,
		Collectives: []Collective{
			{Key: "postes-sahel", Name: "Tous les postes du Sahel", Role: Info, Qualification: ToRead, Precedence: Routine, Receipt: DeliveryReceipt,
				Audiences: []habilitation.AudienceID{6}},
			{Key: "directions", Name: "Directions", Role: Action, Qualification: ToDo, Deadline: time.Date(2026, 7, 20, 0, 0, 0, 0, time.UTC), Instruction: "Prière de répondre."},
		},
		Exempted:  []Party{specimenParty(7, "tunis", "TUNIS", "Ambassade de France à Tunis")},
		InReplyTo: Reference{Text: "TD DAM 2026/17", Message: specimenID(60)}, Follows: Reference{Text: "TD BAMAKO 2025/900", Message: specimenID(61)},
		Corrects:    &Correction{How: Replaces, Message: specimenID(62), Number: "TD BAMAKO DR 11"},
		ReplyBefore: time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC), ValidUntil: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC),
		NotBefore: time.Date(2026, 7, 12, 13, 0, 0, 0, time.UTC), SilenceUntil: time.Date(2026, 7, 14, 18, 0, 0, 0, time.UTC),
		ReassessOn: time.Date(2028, 7, 12, 23, 59, 59, 0, time.FixedZone("", 2*3600)), LevelOwner: &specimenAfrica, Countries: []string{"Mali", "Côte d’Ivoire"}, Persons: []string{"Modibo Keïta", "préfet de Mopti"},
		FreeTags: []string{"crue", "déplacés internes"}, LevelReason: "Négociation en cours, à revoir ensuite.", AudienceMention: "Spécial France",
		HandlingInstructions: "Ne pas transmettre par téléphone.",
	}
}

// wholeMail is a formal mail that leaves the house.
func wholeMail() specimen {
	s := englishMail()
	s.name, s.old = "good_mail_external", false
	s.message.ID, s.message.External = specimenID(6), []string{"panel+experts@who.example", "o'neill@un.example"}
	return s
}
