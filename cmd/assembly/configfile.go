package assembly

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"
)

// environmentPrefix opens the environment variable of every key.
const environmentPrefix = "CHANCERY_"

// ReadConfigFile reads the settings of a configuration file: lines `key = value`, where a value is a text in double quotes, a number,
// true or false, and comments from # on. It is a part of TOML: every file that it takes means the same to any reader of TOML.
func ReadConfigFile(path string) ([]Setting, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return parseConfig(filepath.Base(path), text)
}

func parseConfig(name string, text []byte) ([]Setting, error) {
	var settings []Setting
	var faults []error
	seen := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		place := fmt.Sprintf("%s line %d", name, number)
		key, value, ok, err := parseLine(lines.Text())
		switch {
		case err != nil:
			faults = append(faults, ConfigFault{place, key, err.Error()})
		case ok && seen[key] > 0:
			faults = append(faults, ConfigFault{place, key, fmt.Sprintf("is set on line %d already", seen[key])})
		case ok:
			seen[key] = number
			settings = append(settings, Setting{key, value, place})
		}
	}
	if err := lines.Err(); err != nil {
		faults = append(faults, ConfigFault{Place: name, Why: err.Error()})
	}
	if len(faults) > 0 {
		return settings, fmt.Errorf("%w:\n%w", ErrConfig, errors.Join(faults...))
	}
	return settings, nil
}

// parseLine reads one line; ok is false for one that sets nothing.
func parseLine(line string) (key, value string, ok bool, err error) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", false, nil
	}
	key, rest, found := strings.Cut(line, "=")
	key, rest = strings.TrimSpace(key), strings.TrimSpace(rest)
	if !found || !isBareKey(key) {
		return "", "", false, fmt.Errorf("%q is not a line of the form: key = value", line)
	}
	if strings.HasPrefix(rest, `"`) {
		value, rest, err = quoted(rest)
	} else {
		value, _, _ = strings.Cut(rest, "#")
		value, rest = strings.TrimSpace(value), ""
		if _, number := strconv.Atoi(value); number != nil && value != "true" && value != "false" {
			err = fmt.Errorf("%s is not a number; a text stands in double quotes", value)
		}
	}
	if err == nil && rest != "" && rest[0] != '#' {
		err = fmt.Errorf("%q stands after the value", rest)
	}
	return key, value, err == nil, err
}

// quoted reads a text in double quotes and returns what follows it.
func quoted(text string) (value, rest string, err error) {
	inside, err := strconv.QuotedPrefix(text)
	if err == nil {
		value, err = strconv.Unquote(inside)
	}
	if err != nil {
		return "", "", errors.New("the text does not end with a double quote, or has an escape that TOML does not know")
	}
	return value, strings.TrimSpace(text[len(inside):]), nil
}

func isBareKey(key string) bool {
	return key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// FromEnvironment reads the settings that environment variables make; lookup is os.LookupEnv outside tests.
func FromEnvironment(lookup func(string) (string, bool)) []Setting {
	var settings []Setting
	for _, key := range Keys() {
		name := environmentPrefix + strings.ToUpper(key)
		if value, set := lookup(name); set {
			settings = append(settings, Setting{key, value, name})
		}
	}
	return settings
}

// configFile is the commented file that Init writes.
const configFile = `# Configuration of this house. Lines are: key = value. A text stands in double quotes.
# An environment variable CHANCERY_<KEY> wins over a line here, and a flag of the command line over both.

# The name of the house, on every page and in every certificate; up to 64 characters.
name = {{printf "%q" .Name}}

# The domain of message identities, checkpoints and passes. It stands in signed messages: never change it.
domain = {{printf "%q" .Domain}}

# Address and port on which "serve" listens.
listen = {{printf "%q" .Listen}}

# auto: plain HTTP on a loopback address, TLS on any other. always: TLS on loopback too.
tls = {{printf "%q" .TLS}}

# Certificate and private key of TLS, in PEM, relative to this folder. Those made by "init" are self-signed: put your own in their place.
certificate = {{printf "%q" .Certificate}}
certificate_key = {{printf "%q" .CertificateKey}}

# The file with the master key, relative to this folder and outside it, so that no backup of the folder holds both.
# The variable CHANCERY_MASTER_KEY may hold the key itself instead.
master_key_file = {{printf "%q" .MasterKeyFile}}

# Engine and place of the journal.
journal = {{printf "%q" .Journal}}

# The time zone in which pages tell the time.
time_zone = {{printf "%q" .TimeZone}}

# What is logged on standard error: debug, info, warn or error; as text or json.
log_level = {{printf "%q" .LogLevel}}
log_format = {{printf "%q" .LogFormat}}

# How many live streams may be open at once, in all and for one agent.
streams = {{.Streams}}
streams_per_agent = {{.StreamsPerAgent}}

# The scanner that every file is shown to before anybody may have it: clamd at "unix:/run/clamav/clamd.ctl" or "tcp:127.0.0.1:3310", empty for none.
# Without its word nothing goes on: files wait in quarantine while it is away, or while its signatures are older than a week. In its own
# configuration StreamMaxLength must be at least file_max_mib, and AlertExceedsMax must be yes.
scanner = {{printf "%q" .Scanner}}

# The size of one file, and of all files of one agent that are not in a released message yet, in MiB.
file_max_mib = {{.FileMost}}
file_share_mib = {{.FileShare}}

# Whether words are taken from files for the search, and small pictures of them: on or off. PDF files need pdftotext and pdftoppm (poppler-utils).
file_words = {{printf "%q" .FileWords}}

# How many processes may look at files at a time. Each takes up to 1 GiB of memory.
file_children = {{.FileChildren}}

# Mail from outside, to KEY@DOMAIN and TIMBRE@DOMAIN of groups and LOGIN@DOMAIN of agents: where it is taken by SMTP, such as "0.0.0.0:25".
# Empty: nowhere. mail_domain is the DOMAIN of these addresses; empty: the domain of the house.
smtp_listen = {{printf "%q" .SMTPListen}}
mail_domain = {{printf "%q" .MailDomain}}

# The largest mail that is taken, in MiB; how many may wait to be archived, and how large together, in MiB. Beyond that senders are asked to
# come again.
mail_size_mib = {{.MailSize}}
mail_queue = {{.MailQueue}}
mail_queue_mib = {{.MailQueueSize}}

# Formal mail to outside: host and port of the server that takes it on its way. Empty: none leaves. The line to it is TLS with a trusted
# certificate (always), TLS where it is offered (offered), or in clear (never), which only a server on the same machine deserves.
mail_relay = {{printf "%q" .MailRelay}}
mail_relay_tls = {{printf "%q" .MailRelayTLS}}

# What the release gate says to an address outside where none of its rules matches: allow, second-person or block.
mail_gate = {{printf "%q" .MailGate}}

# How long messages are kept: rules parted by semicolons, the first that fits is applied at release and recorded with the message.
# NAME YEARS keep|destroy ACCESS-RULE YEARS, then conditions such as kind=mail, group=bamako or tag=presse; the last rule has none.
retention_rules = {{printf "%q" .RetentionRules}}

# The cost of hashing one password with Argon2id: memory in KiB (46 MiB at least) and passes.
argon_memory_kib = {{.ArgonMemory}}
argon_passes = {{.ArgonPasses}}

# How many minutes after showing the password, by signing in or when asked again, one may sign without being asked: 1 to 1440.
signing_window_minutes = {{.SigningWindow}}
`

// text is the configuration as its commented file.
func (c Config) text() ([]byte, error) {
	var out bytes.Buffer
	if err := template.Must(template.New("configuration").Parse(configFile)).Execute(&out, c); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return out.Bytes(), nil
}
