package main

import (
	"context"
	"errors"
	"strings"

	"github.com/alecthomas/kong"

	"chancery/archive"
	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// words is every sentence of the command line, by key.
var words = map[string]string{
	"chancery":       "A portal for diplomatic correspondence: telegrams, notes and formal mails, signed, numbered, archived and found.",
	"see_help":       "See: chancery --help",
	"data":           "Folder of the house.",
	"quiet":          "Say nothing but faults.",
	"json":           "Answer in JSON, for programs.",
	"init":           "Make a house in an empty folder.",
	"serve":          "Serve the house to browsers and programs.",
	"demo":           "Serve a throwaway house with invented people and messages.",
	"import":         "Keep records of another archive under the seal of the house.",
	"generate":       "Fill the house with invented people and messages, the same for the same seed.",
	"verify":         "Check everything the house holds.",
	"reindex":        "Build the search index anew, beside the one in use.",
	"agent":          "Open and change the accounts of agents.",
	"agent_add":      "Open an account.",
	"agent_clear":    "Set how far an agent may read.",
	"agent_password": "Give an agent a new password.",
	"agent_terminal": "Register a terminal and print its secret, once.",
	"version":        "Print the version.",

	"group":               "Open groups and communities and change who belongs to them.",
	"group_add":           "Open a functional group or a community.",
	"group_member":        "Make an agent a member, change a member's duties, or end a membership.",
	"collective":          "Say which groups one word stands for.",
	"collective_define":   "Define a collective, or define it anew.",
	"collective_withdraw": "End a collective.",
	"operator":            "The desk for what nothing else catches.",
	"operator_set":        "Name the group that receives what no addressee and no declaration catches.",
	"gate":                "Tell and set the rules by which mail leaves the house.",
	"gate_list":           "Tell the rules of the release gate, in their order.",
	"gate_set":            "Replace the rules of the release gate.",
	"roster_help":         "Tell and set who is called at any hour.",
	"roster_list":         "Tell the duty rosters.",
	"roster_set":          "Set the duty roster of a group.",
	"delegation":          "Tell and end what agents lent each other.",
	"delegation_list":     "Tell the delegations that last.",
	"delegation_end":      "End a delegation before its time.",

	"no_data":              "say which house: --data DIR, or the variable CHANCERY_DATA",
	"house_made":           "The house %q stands in %s.\n",
	"master_key":           "Its master key is in %s. Keep a copy elsewhere: without it nothing in the house can be read.\n",
	"master_key_env":       "Its master key is the one in CHANCERY_MASTER_KEY, and was written nowhere.\n",
	"next_steps":           "Next: chancery agent add --data %[1]s LOGIN --name NAME --level restricted, then chancery serve --data %[1]s\n",
	"listening":            "%s is listening on %s\n",
	"listening_mail":       "Mail is taken on %s\n",
	"stopping":             "Stopping.\n",
	"agent_added":          "Agent %s has an account, cleared for %s.\n",
	"agent_cleared":        "Agent %s is cleared for %s.\n",
	"group_added":          "Group %s is open, and may be addressed %s messages.\n",
	"member_joined":        "Agent %s is a member of %s: %s.\n",
	"member_left":          "Agent %s is no longer a member of %s.\n",
	"collective_defined":   "Collective %s stands for %d groups now.\n",
	"collective_withdrawn": "Collective %s is withdrawn.\n",
	"operator_set_to":      "The operator desk is %s.\n",
	"gate_rule":            "%d. %s: %s (%s)\n",
	"gate_default":         "Where no rule matches: %s.\n",
	"roster":               "%s: %d minutes to acknowledge a call; on duty now: %s.\n",
	"watch":                "  %s from %s until %s\n",
	"roster_none":          "No group has a duty roster.\n",
	"delegation_line":      "%s: %s to %s, %s in %s, from %s until %s: %s\n",
	"delegation_none":      "No delegation lasts.\n",
	"delegation_ended":     "Delegation %s has ended.\n",
	"password_set":         "The password of %s: %s\n",
	"password_stored":      "The password of %s is set.\n",
	"terminal_made":        "Terminal %q, cleared for %s. Its secret, shown only now: %s\n",
	"ask_password":         "New password: ",
	"imported":             "%d documents imported, %d were there already, %d refused, %d files skipped, in %s: %.0f documents a second.\n",
	"refused_file":         "%s: %s: %s\n",
	"refused_line":         "%s line %d: %s: %s\n",
	"refused":              "refused",
	"refused_more":         "and %d more refused; --json lists them all\n",
	"warned":               "warning",
	"warned_more":          "and %d more warnings; --json lists them all\n",
	"skipped_file":         "%s: skipped: %s\n",
	"skipped_more":         "and %d more skipped; --json lists them all\n",
	"generated":            "%d agents, %d groups, %d communities, %d tags; %d messages released in %s: %.0f a second.\n",
	"generated_terminal":   "The secret of their terminal, for restricted messages: %s\n",
	"reindexed":            "%d messages indexed in %s.\n",
	"verified":             "%d entries, %d of them messages, checked in %s: nothing is wanting.\n",
	"note":                 "note: %s\n",
	"verify_wanting":       "%d parts are damaged or missing",
	"demo_begins":          "A month of invented correspondence is being written…\n",
	"demo_columns":         "LOGIN\tPASSWORD\tTERMINAL\tREADS\tWHO",
	"demo_accounts":        "\nAll %d accounts: %s\nOpen %s, sign in with login and password, and give the terminal's secret to read restricted messages. Ctrl+C ends it.\n",
}

// helpWords gives the parser the sentences that its tags name.
func helpWords() kong.Option {
	return kong.Vars(words)
}

// explained says in plain words what the sentinels mean to whoever sits at the command line.
var explained = []struct {
	is   error
	says string
}{
	{archive.ErrLocked, "another chancery has this house open; stop it first"},
	{archive.ErrMissing, "a part of this house is missing, and nothing can make it again: put it back from a backup"},
	{archive.ErrSetBack, "this house ends before what its folder has known of it: put back the whole of one backup, or go on from here on purpose with: chancery serve --restored"},
	{archive.ErrDamaged, "a part of this house is damaged: put it back from a backup"},
	{archive.ErrStopped, "a write to the disk went wrong; what was acknowledged is there, and what the disk holds besides is known after a new start"},
	{archive.ErrWrongMasterKey, "the master key is not the one that sealed this house"},
	{assembly.ErrNoHouse, "there is no house in this folder; make one with: chancery init --data DIR"},
	{assembly.ErrHouseExists, "there is a house in this folder already; nothing was changed"},
	{assembly.ErrFolderNotEmpty, "the folder is not empty; a house is made in an empty one"},
	{habilitation.ErrPasswordPolicy, "the password must have 12 to 128 characters"},
	{context.Canceled, "stopped before the end; run the same command again to go on"},
}

// explain is an error as one reads it: the plain words for what it means, and behind them what was tried.
func explain(err error) string {
	text := err.Error()
	if errors.Is(err, errWrongUse) {
		text = strings.TrimSuffix(text, ": "+errWrongUse.Error())
	}
	for _, known := range explained {
		if errors.Is(err, known.is) {
			return known.says + "\n(" + text + ")"
		}
	}
	return text
}
