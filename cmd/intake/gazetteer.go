package intake

import "strings"

// towns are the seats of missions that printed copies name, in the spellings of the time and of today. A name among them is a post even
// where nothing else in a record says so.
const towns = `abidjan, accra, addis ababa, aden, alexandria, algiers, alger, amman, amsterdam, ankara, antananarivo, antwerp, asmara, asuncion, athens, athenes,
baghdad, bagdad, bahrain, bamako, bangkok, bangui, barcelona, basel, basra, batavia, beijing, beirut, belgrade, benghazi, berlin, bern, berne, bilbao, bogota,
bombay, bonn, bordeaux, brasilia, bratislava, brazzaville, bremen, brussels, bruxelles, bucharest, budapest, buenos aires, cairo, calcutta, canberra, canton,
caracas, casablanca, caserta, cherbourg, chungking, ciudad trujillo, cologne, colombo, conakry, constantinople, copenhagen, copenhague, cotonou, dacca, dakar,
damascus, damas, danzig, dar es salaam, darmstadt, delhi, dresden, dresde, dublin, durban, dusseldorf, edinburgh, florence, fort lamy, francfort, frankfurt,
freetown, geneva, geneve, genoa, georgetown, gibraltar, guatemala, guatemala city, habana, haiphong, hamburg, hankow, hanoi, havana, havre, heidelberg,
helsinki, helsingfors, hong kong, hue, innsbruck, islamabad, istanbul, izmir, jakarta, jerusalem, jidda, kabul, kampala, karachi, khartoum, kigali, kingston,
kuala lumpur, kuwait, la haye, la paz, lagos, lahore, leningrad, leopoldville, libreville, lima, lisbon, lisbonne, liverpool, lome, london, londres, luanda,
lusaka, luxembourg, lyon, madras, madrid, managua, manila, maracaibo, marseille, melbourne, meshed, mexico, mexico city, milan, mogadiscio, monrovia,
montevideo, montreal, moscow, moscou, mukden, munich, nairobi, nanking, naples, new delhi, new york, niamey, nicosia, nouakchott, nuremberg, oslo, ottawa,
ouagadougou, palermo, panama, panama city, paramaribo, paris, peiping, peking, pekin, phnom penh, port-au-prince, port of spain, praha, prague, pretoria,
quito, rabat, rangoon, reykjavik, riga, rio de janeiro, rio, rome, rotterdam, saigon, saint-petersbourg, saint petersburg, st. petersburg, salisbury,
salzburg, san francisco, san jose, san salvador, sao paulo, santiago, santo domingo, sarajevo, seoul, shanghai, singapore, sofia, stockholm, strasbourg,
stuttgart, suva, sydney, tabriz, taipei, taipeh, tallinn, tananarive, tangier, tegucigalpa, tehran, teheran, tel aviv, the hague, tientsin, tirana, tokyo,
trieste, tripoli, tsingtao, tunis, turin, ulan bator, valparaiso, vatican, venice, vienna, vienne, vientiane, vladivostok, warsaw, varsovie, wellington,
wiesbaden, yaounde, yokohama, zagreb, zanzibar, zurich`

// gazetteer is towns by folded name.
type gazetteer map[string]bool

func newGazetteer() gazetteer {
	g := gazetteer{}
	for town := range strings.SplitSeq(towns, ",") {
		g[strings.TrimSpace(town)] = true
	}
	return g
}
