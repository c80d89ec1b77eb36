package fiction

import (
	"math/rand/v2"
	"strings"
)

// The words that open each vocabulary, the commonest first; made-up words follow them, so that the whole is as long-tailed as real text.
const (
	frenchWords = `de la le les et des en du un une que est dans pour au par sur pas plus ce ne avec se aux son ont sont été cette mais nous leur entre
deux comme ses après sans ces même lors selon depuis ministre gouvernement président accord négociation ambassade mission projet texte réunion délégation
région situation sécurité coopération proposition frontière population question réponse entretien autorités partenaires financement calendrier visite
déclaration résolution conseil commission union organisation état pays crise eau climat santé pêche commerce énergie transport éducation culture élection
opposition presse opinion justice tribunal loi décret douane visa consulat ressortissants famille étudiants entreprises investissement contrat port aéroport
route chemin fer barrage fleuve delta côte île mer navire patrouille médiation cessez-le-feu dialogue signature ratification traité protocole amendement
échéance préparation premier dernière nouvelle prochaine principale technique politique économique diplomatique consulaire bilatérale régionale internationale
souhaite confirme rappelle indique estime demande propose regrette annonce prévoit envisage insiste refuse accepte recommande transmet joint souligne précise
semaine mois année lundi mardi mercredi jeudi vendredi matin soir capitale province district village marché prix taux budget dette crédit aide soutien appui
formation experts équipe chef secrétaire directeur conseiller interlocuteur homologue ministère primature parlement sénat chambre assemblée maire gouverneur`
	englishWords = `the of and to in a that for is on with as by was at from it be this have has which not are been its will or had were their an they
but would there we our more after about between two also other first over into under than government minister president agreement negotiation embassy mission
draft text meeting delegation region situation security cooperation proposal border population question reply talks authorities partners funding timetable
visit statement resolution council commission union organisation state country crisis water climate health fisheries trade energy transport education culture
election opposition press opinion justice court law decree customs visa consulate nationals family students companies investment contract port airport road
railway dam river delta coast island sea vessel patrol mediation ceasefire dialogue signature ratification treaty protocol amendment deadline preparation last
new next main technical political economic diplomatic consular bilateral regional international wishes confirms recalls indicates considers requests proposes
regrets announces expects insists refuses accepts recommends forwards stresses week month year monday tuesday wednesday thursday friday morning evening capital
province district village market price rate budget debt credit aid support training experts team head secretary director adviser counterpart ministry parliament
senate chamber assembly mayor governor senior official private sector working group round table press release joint communiqué follow-up brief background`
	firstNames = `Adèle Agathe Alban Amina Anatole Anouk Arthur Basile Béatrice Blaise Camille Céleste Clément Clara Damien Diane Driss Édith Élias Élise Émile
Emma Ernest Fanny Farid Félix Flora Gaspard Gaëlle Hector Héloïse Henri Inès Irène Ismaël Jade Joseph Judith Jules Karim Laure Léon Lila Louis Lucie Malik
Manon Marc Mathilde Maxime Mona Nabil Nadège Nathan Nina Noé Octave Odile Olga Oscar Paul Pauline Quentin Rachel Raoul Rémi Rosa Ruben Salomé Samuel Sara
Serge Simone Solène Sylvain Théa Théo Tristan Ulysse Valérie Victor Violette Wassim Xavier Yann Yasmine Yvonne Zacharie Zélie Alice Brian Charles Daisy Edward
Fiona George Harriet Ian Jane Kenneth Laura Martin Nora Oliver Peter Rose Simon Thomas Ursula Vivian Walter`
)

// syllables make the words that no list holds.
var syllables = strings.Fields("ba bel bor ca cel cor da del dor fa fel for ga gel gor ka kel kor la lem lor ma mel mor na nel nor pa pel por ra rem ror sa sel sor ta tel tor va vel vor")

// lexicon is a vocabulary from the commonest word on.
type lexicon []string

// vocabulary is how many words a lexicon has: the size at which a language's long tail shows in an index.
const vocabulary = 30_000

func newLexicon(opening string, draw *rand.Rand) lexicon {
	words := strings.Fields(opening)
	known := make(map[string]bool, vocabulary)
	for _, w := range words {
		known[w] = true
	}
	for len(words) < vocabulary {
		if w := coined(draw, 2+draw.IntN(3)); !known[w] {
			known[w] = true
			words = append(words, w)
		}
	}
	return words
}

// coined is a made-up word of so many syllables.
func coined(draw *rand.Rand, length int) string {
	var w strings.Builder
	for range length {
		w.WriteString(syllables[draw.IntN(len(syllables))])
	}
	return w.String()
}

// title is a made-up name of a place or a family.
func title(draw *rand.Rand) string {
	w := coined(draw, 2+draw.IntN(2))
	return strings.ToUpper(w[:1]) + w[1:]
}
