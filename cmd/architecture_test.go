// Package cmd_test keeps the architecture: who may import whom, and who may come near the bytes.
package cmd_test

import (
	"go/types"
	"slices"
	"strings"
	"testing"
)

// policy says who may import whom: "a, b < c" lets c import a and b, and nothing else beside the standard library. Nothing is inherited: what
// b may import, c may not. A folder's engines and its suites of tests stand each on a line of their own. Code in _test.go files is free.
const policy = `
golang-jwt/jwt, x/crypto, x/text < habilitation
habilitation < habilitation/credentialstest
archive, archive/boltfile, habilitation, bbolt < habilitation/boltcredentials

habilitation, x/text < tagging

habilitation, x/crypto, x/mod < archive
archive, habilitation, rapid < archive/archivetest
archive < archive/vaulttest
archive, bbolt < archive/boltfile
archive, archive/boltfile, habilitation, bbolt, klauspost/compress, x/crypto, x/mod < archive/boltjournal
archive, archive/boltfile, bbolt, x/crypto < archive/boltkeys
archive, x/crypto < archive/filevault

habilitation, tagging < search
search, habilitation, rapid < search/searchtest
search, habilitation, bleve, RoaringBitmap/roaring < search/bleveindex

# Mail is read and carried below the life of a message, and knows nothing of it.
jhillyerd/enmime, x/net, x/text < correspondence/postal
correspondence/postal < correspondence/queuetest
archive, archive/boltfile, correspondence/postal, bbolt < correspondence/boltqueue
correspondence/postal, emersion/go-smtp < correspondence/smtp
habilitation, x/text < correspondence/gate
habilitation < correspondence/keeping

archive, search, tagging, habilitation, correspondence/postal, correspondence/gate, correspondence/keeping, go-playground/validator, x/text < correspondence
habilitation < correspondence/circuit
correspondence/circuit < correspondence
habilitation < correspondence/handling
correspondence/handling < correspondence
habilitation < correspondence/dossier
correspondence/dossier < correspondence
correspondence, habilitation < correspondence/desktest
archive, archive/boltfile, correspondence, habilitation, bbolt < correspondence/boltdesk
correspondence, correspondence/postal, habilitation, gabriel-vasile/mimetype, x/net, x/sys, x/text < correspondence/inspection
< correspondence/inspection/inspectiontest

correspondence, search, tagging, habilitation, web/paper < web
correspondence, habilitation, fpdf < web/paper
gofiber/fiber, valyala/fasthttp, a-h/templ, nicksnyder/go-i18n, go-playground/validator, molecule-man/go-brrr, swaggest/openapi-go, swaggest/jsonschema-go, x/text < web

# Only cmd names engines.
archive, correspondence, habilitation, search, go-playground/validator < cmd/assembly
archive/boltjournal, archive/boltkeys, archive/filevault, correspondence/boltdesk, correspondence/boltqueue, correspondence/gate, correspondence/keeping, correspondence/postal, correspondence/smtp, correspondence/inspection, habilitation/boltcredentials, search/bleveindex < cmd/assembly
correspondence, correspondence/postal, habilitation, tagging, klauspost/compress < cmd/intake
correspondence, habilitation, tagging, cmd/assembly < cmd/fiction
archive, correspondence, habilitation, search, web, cmd/assembly, cmd/fiction, cmd/intake, testdata/house < cmd/chancery
correspondence/inspection, alecthomas/kong, schollz/progressbar, go-playground/validator, x/term < cmd/chancery

# A whole house for tests is a house: it is assembled like any other.
archive, correspondence, correspondence/inspection, habilitation, tagging, cmd/assembly < correspondence/housetest
`

// guarded are the few functions below which nobody asks who is reading. Whatever has the same name and signature counts as one of them,
// whichever type it stands on.
var guarded = []method{
	{"Journal.Fetch", "chancery/archive", "Journal", "Fetch"},
	{"Journal.Tail", "chancery/archive", "Journal", "Tail"},
	{"Vault.Open", "chancery/archive", "Vault", "Open"},
	{"Index.Find", "chancery/search", "Index", "Find"},
	{"postal.Read", "chancery/correspondence/postal", "", "Read"}, // not for its readers: for what it reads
}

// callers are all who use them, outside of tests. A new line here is a new way to the bytes: it needs its reason.
const callers = `
Journal.Fetch: archive.(*walk).entry            verification re-reads everything and shows nothing
Journal.Fetch: archive.headerOf                 what the ends of two journals cite of each other; it returns headers alone
Journal.Fetch: correspondence.(*Desk).open      the one way of a reader: row, rule, reading recorded, then this
Journal.Fetch: correspondence.(*Desk).Denials   the trail of denials, which holds no message, to auditors
Journal.Fetch: correspondence.(*Desk).actAt     acts about a message that the rule has admitted, each asked about again; none of them holds its text
Journal.Fetch: correspondence.(*Chancery).outgoing  an unprotected message, to an address that the release gate let it out to
Journal.Fetch: correspondence.Texts.Text        the index asks for the texts of hits that the perimeter has admitted
Journal.Tail: correspondence.(*Chancery).batchFrom  the index follows
Journal.Tail: correspondence.(*Folds).replay    the house learns by heart what the snapshots lack
Journal.Tail: correspondence.Examination.from     verification
Vault.Open: correspondence.(*Chancery).enclose  its files, behind outgoing
Vault.Open: archive.(*walk).object              verification
Vault.Open: correspondence.(*Desk).Attachment   behind Desk.open
Vault.Open: correspondence.(*Evidence).File     Desk.Export made the evidence, behind Desk.open
Vault.Open: correspondence.(*Desk).Made         behind Desk.open
Vault.Open: correspondence.Extract.readText     the index asks for the words of the files of messages, as it asks for their texts; so does the release gate
Vault.Open: correspondence.(*Desk).openDraftFile  behind Desk.find, which shows a draft to its writers and reviewers alone; no message yet
Vault.Open: correspondence.(*Desk).DossierFile  behind Desk.openDossier, which asks who reads the dossier and records the reading
Index.Find: correspondence.(*Desk).Search       with the perimeter of the badge
postal.Read: correspondence/inspection.readMails  in a child, never in the process of the house
`

func TestImportsFollowThePolicy(t *testing.T) {
	for _, fault := range importFaults(load(t, ".."), parsePolicy(t, policy)) {
		t.Error(fault)
	}
}

func TestCallersAreThePinnedOnes(t *testing.T) {
	for _, fault := range callerFaults(t, load(t, ".."), parseCallers(callers)) {
		t.Error(fault)
	}
}

// TestPlantedViolationsAreFound shows that the two checks above see what they are for, on a small tree that breaks every rule once.
func TestPlantedViolationsAreFound(t *testing.T) {
	tree := load(t, "testdata/planted")
	for name, c := range map[string]struct{ got, want []string }{
		"imports": {importFaults(tree, parsePolicy(t, policy)), []string{
			"chancery/archive imports chancery/search, which the policy does not let it",
			"chancery/search imports go.etcd.io/bbolt, which the policy does not let it",
			"chancery/strays is not in the policy",
			"chancery/web imports chancery/archive, which the policy does not let it",
		}},
		"callers": {callerFaults(t, tree, parseCallers("Journal.Fetch: correspondence.(*Desk).open\nVault.Open: correspondence.gone\n")), []string{
			"Index.Find: chancery/web.lookup uses it and is not among the pinned callers",
			"Journal.Fetch: chancery/correspondence.(*Desk).peek uses it and is not among the pinned callers",
			"Journal.Fetch: chancery/correspondence.disguised uses it and is not among the pinned callers",
			"Journal.Fetch: chancery/web.init uses it and is not among the pinned callers",
			"Journal.Fetch: chancery/web.page uses it and is not among the pinned callers",
			"Vault.Open: chancery/correspondence.gone is pinned and does not use it any more",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if !slices.Equal(c.got, c.want) {
				t.Errorf("found\n  %s\nwant\n  %s", strings.Join(c.got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

// method is a guarded function: the contract that declares it, "" for one that no contract has.
type method struct{ name, path, contract, method string }

// parsePolicy reads the lines "a, b < c" into what each package may import.
func parsePolicy(t *testing.T, text string) map[string][]string {
	t.Helper()
	allowed := map[string][]string{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		imported, importer, ok := strings.Cut(line, "<")
		if !ok {
			t.Fatalf("policy: %q is not a < b", line)
		}
		importer = strings.TrimSpace(importer)
		for name := range strings.SplitSeq(imported, ",") {
			allowed[importer] = append(allowed[importer], strings.TrimSpace(name))
		}
	}
	return allowed
}

// modules are the short names of the policy for what lies outside.
var modules = map[string][]string{
	"bbolt": {"go.etcd.io/bbolt"}, "fpdf": {"codeberg.org/go-pdf/fpdf"}, "rapid": {"pgregory.net/rapid"}, "bleve": {"github.com/blevesearch/"},
	"x/crypto": {"golang.org/x/crypto/"}, "x/text": {"golang.org/x/text/"}, "x/mod": {"golang.org/x/mod/"}, "x/term": {"golang.org/x/term"},
	"x/net": {"golang.org/x/net/"}, "x/sys": {"golang.org/x/sys/"},
}

// lets reports whether a name of the policy covers an import.
func lets(name, imported string) bool {
	if prefixes, short := modules[name]; short {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(imported, p) })
	}
	if imported == module+"/"+name {
		return true
	}
	rest, ok := strings.CutPrefix(imported, "github.com/"+name)
	return ok && strings.Contains(name, "/") && (rest == "" || rest[0] == '/')
}

// importFaults lists every import that the policy does not let be, sorted.
func importFaults(tree *tree, allowed map[string][]string) []string {
	var faults []string
	for _, p := range tree.own {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		names, known := allowed[name]
		if !known && len(p.GoFiles) > 0 && !strings.HasPrefix(name, "testdata/") {
			faults = append(faults, p.ImportPath+" is not in the policy")
			continue
		}
		for _, imported := range p.Imports {
			outside := strings.Contains(strings.Split(imported, "/")[0], ".") || strings.HasPrefix(imported, module+"/")
			if outside && !slices.ContainsFunc(names, func(n string) bool { return lets(n, imported) }) {
				faults = append(faults, p.ImportPath+" imports "+imported+", which the policy does not let it")
			}
		}
	}
	slices.Sort(faults)
	return faults
}

func parseCallers(text string) map[string]bool {
	pinned := map[string]bool{}
	for line := range strings.SplitSeq(text, "\n") {
		if fields := strings.Fields(line); len(fields) >= 2 {
			pinned[fields[0]+" "+module+"/"+fields[1]] = true
		}
	}
	return pinned
}

// callerFaults compares who uses the guarded functions with who may. Engines and suites of tests are below the guard, not behind it.
func callerFaults(t *testing.T, tree *tree, pinned map[string]bool) []string {
	t.Helper()
	signatures := map[string]string{} // of a guarded method's name and parameters → what it is called here
	for _, m := range guarded {
		if p := tree.imported(t, m.path); p != nil {
			if m.contract == "" {
				signatures[signatureOf(p.Scope().Lookup(m.method).(*types.Func))] = m.name
				continue
			}
			contract := p.Scope().Lookup(m.contract).Type().Underlying().(*types.Interface)
			for f := range contract.Methods() {
				if f.Name() == m.method {
					signatures[signatureOf(f)] = m.name
				}
			}
		}
	}
	used := map[string]bool{}
	for _, p := range tree.own {
		if isBelow(p.ImportPath) {
			continue
		}
		for use := range tree.uses(t, p) {
			if name := signatures[signatureOf(use.function)]; name != "" {
				used[name+": "+use.by] = true
			}
		}
	}
	var faults []string
	for use := range used {
		if !pinned[use] {
			faults = append(faults, use+" uses it and is not among the pinned callers")
		}
	}
	for use := range pinned {
		if !used[use] {
			faults = append(faults, use+" is pinned and does not use it any more")
		}
	}
	slices.Sort(faults)
	return faults
}

// isBelow reports the packages that the contracts are implemented or tried in.
func isBelow(path string) bool {
	for _, below := range []string{"archive/bolt", "archive/filevault", "search/bleveindex"} {
		if strings.HasPrefix(path, module+"/"+below) {
			return true
		}
	}
	return strings.HasSuffix(path, "test")
}
