// Command chancery keeps a house of diplomatic correspondence: it makes one, serves it, fills it and checks it.
//
// Exit codes: 0 done, 1 found wanting, 2 wrong use.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"chancery/cmd/assembly"
	"chancery/correspondence/inspection"
)

// The exit codes.
const (
	exitDone     = 0
	exitWanting  = 1
	exitWrongUse = 2
)

func main() {
	if inspection.IsChild(os.Args) {
		os.Exit(inspection.Child(os.Args[2:]))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// commandLine is everything that may be asked for.
type commandLine struct {
	Data  string `help:"${data}" placeholder:"DIR" env:"CHANCERY_DATA"`
	Quiet bool   `help:"${quiet}" short:"q"`
	JSON  bool   `help:"${json}" name:"json"`

	Init     initCommand     `cmd:"" help:"${init}"`
	Serve    serveCommand    `cmd:"" help:"${serve}"`
	Demo     demoCommand     `cmd:"" help:"${demo}"`
	Import   importCommand   `cmd:"" help:"${import}"`
	Generate generateCommand `cmd:"" help:"${generate}"`
	Verify   verifyCommand   `cmd:"" help:"${verify}"`
	Reindex  reindexCommand  `cmd:"" help:"${reindex}"`
	Agent    struct {
		Add      agentAddCommand      `cmd:"" help:"${agent_add}"`
		Clear    agentClearCommand    `cmd:"" help:"${agent_clear}"`
		Password agentPasswordCommand `cmd:"" help:"${agent_password}"`
		Terminal agentTerminalCommand `cmd:"" help:"${agent_terminal}"`
	} `cmd:"" help:"${agent}"`
	Group struct {
		Add    groupAddCommand    `cmd:"" help:"${group_add}"`
		Member groupMemberCommand `cmd:"" help:"${group_member}"`
	} `cmd:"" help:"${group}"`
	Collective struct {
		Define   collectiveDefineCommand   `cmd:"" help:"${collective_define}"`
		Withdraw collectiveWithdrawCommand `cmd:"" help:"${collective_withdraw}"`
	} `cmd:"" help:"${collective}"`
	Operator struct {
		Set operatorSetCommand `cmd:"" help:"${operator_set}"`
	} `cmd:"" help:"${operator}"`
	Gate struct {
		List gateListCommand `cmd:"" help:"${gate_list}"`
		Set  gateSetCommand  `cmd:"" help:"${gate_set}"`
	} `cmd:"" help:"${gate}"`
	Roster struct {
		List rosterListCommand `cmd:"" help:"${roster_list}"`
		Set  rosterSetCommand  `cmd:"" help:"${roster_set}"`
	} `cmd:"" help:"${roster_help}"`
	Delegation struct {
		List delegationListCommand `cmd:"" help:"${delegation_list}"`
		End  delegationEndCommand  `cmd:"" help:"${delegation_end}"`
	} `cmd:"" help:"${delegation}"`
	Version versionCommand `cmd:"" help:"${version}"`
}

// errWrongUse is wrapped by what is wrong with the command line rather than with the house.
var errWrongUse = errors.New("wrong use")

// leaving ends the parser where it would have ended the process.
type leaving int

// run obeys one command line and returns the exit code.
func run(ctx context.Context, arguments []string, in io.Reader, out, complaints io.Writer) (code int) {
	defer func() {
		switch left := recover().(type) {
		case nil:
		case leaving:
			code = int(left)
		default:
			panic(left)
		}
	}()
	var line commandLine
	parser, err := kong.New(&line, kong.Name("chancery"), kong.Description(words["chancery"]), helpWords(), kong.Writers(out, complaints),
		kong.UsageOnError(), kong.Exit(func(code int) { panic(leaving(code)) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(complaints, err)
		return exitWrongUse
	}
	parsed, err := parser.Parse(arguments)
	if err != nil {
		fmt.Fprintf(complaints, "chancery: %v\n%s\n", err, words["see_help"])
		return exitWrongUse
	}
	s := &session{ctx: ctx, data: line.Data, quiet: line.Quiet, json: line.JSON, in: in, out: out, complaints: complaints, lookup: os.LookupEnv}
	if err := parsed.Run(s); err != nil {
		fmt.Fprintln(complaints, "chancery: "+explain(err))
		return exitCode(err)
	}
	return exitDone
}

func exitCode(err error) int {
	for _, wrong := range []error{errWrongUse, assembly.ErrConfig, assembly.ErrNoHouse} {
		if errors.Is(err, wrong) {
			return exitWrongUse
		}
	}
	return exitWanting
}
