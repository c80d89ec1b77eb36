package correspondence

import (
	"time"

	"chancery/habilitation"
)

// AudienceRef names a functional group or a community.
type AudienceRef struct {
	Key       string             `json:"key"`
	Name      habilitation.Label `json:"name"`
	Timbre    string             `json:"timbre,omitempty"` // how a functional group signs
	Community bool               `json:"community"`
}

// AgentRef names an agent.
type AgentRef struct {
	Login string `json:"login"`
	Name  string `json:"name"`
}

// TagRef names a tag.
type TagRef struct {
	Key   string             `json:"key"`
	Label habilitation.Label `json:"label"`
}

// Reason is one ground on which the reader sees a message: action, info, named, author, tag, shared or archivist.
type Reason struct {
	Kind     string       `json:"kind"`
	Audience *AudienceRef `json:"audience,omitempty"` // which of my groups
	Tag      *TagRef      `json:"tag,omitempty"`      // with kind tag: the tag that Audience declared
}

// Headline is a message as one row of a list.
type Headline struct {
	ID            habilitation.ID    `json:"id"`
	Number        string             `json:"number"` // "TD BAMAKO DR 12"; as printed for an imported message; "" when it has none
	Kind          Kind               `json:"kind"`
	Level         habilitation.Level `json:"level"`
	Precedence    Precedence         `json:"precedence"` // the reader's: action's or copy's
	Qualification Qualification      `json:"qualification"`
	Deadline      *time.Time         `json:"deadline,omitempty"`
	Subject       string             `json:"subject"`
	Summary       string             `json:"summary,omitempty"`
	Origin        AudienceRef        `json:"origin"`
	ReleasedAt    time.Time          `json:"released_at"` // the printed date of an imported message
	Reasons       []Reason           `json:"reasons"`     // all, strongest first
	Unread        bool               `json:"unread"`
	Imported      bool               `json:"imported"`
	Received      bool               `json:"received,omitempty"` // a mail that came from outside: its origin is a name without a group
	Attachments   int                `json:"attachments"`
	Instruction   bool               `json:"instruction,omitempty"` // opens an action at the addressees that have something to do
	Exercise      bool               `json:"exercise,omitempty"`
	Night         bool               `json:"night,omitempty"` // to be handled at any hour by one of my groups
	Banners       []Banner           `json:"banners"`         // what corrects it, as far as I may read that
	Handling      *HandlingMark      `json:"handling,omitempty"`
	ExpiredAt     *time.Time         `json:"expired_at,omitempty"` // since when it is no longer to be acted upon
}

// FeedQuery asks for a page of the teleprinter.
type FeedQuery struct {
	Limit int             // 1 to 200; 0 means 50
	After habilitation.ID // the last message of the page before; zero: from the newest
}

// FeedPage is a page of the teleprinter, newest first.
type FeedPage struct {
	Items  []Headline       `json:"items"`
	Next   *habilitation.ID `json:"next"` // null at the end
	Unread int              `json:"unread"`
}

// SearchQuery asks the unified search.
type SearchQuery struct {
	Text  string
	Limit int // 1 to 100; 0 means 20
	After habilitation.ID
	Sort  string // "relevance" (default) or "date"
}

// SearchPage is a page of hits with exact totals and facets, all counted inside the reader's perimeter.
type SearchPage struct {
	Total  int              `json:"total"`
	Items  []SearchHit      `json:"items"`
	Facets Facets           `json:"facets"`
	Next   *habilitation.ID `json:"next"`
}

// SearchHit is a headline with the places where the words stand.
type SearchHit struct {
	Headline
	Highlights []Highlight `json:"highlights"`
}

// Highlight is a fragment of one field as runs, some of them matched.
type Highlight struct {
	Field string         `json:"field"` // subject, summary, text, attachments
	Runs  []HighlightRun `json:"runs"`
}

// HighlightRun is a piece of a fragment.
type HighlightRun struct {
	Text  string `json:"text"`
	Match bool   `json:"match"`
}

// Facets count the whole result by value.
type Facets struct {
	Tag   []FacetValue `json:"tag"`
	Group []FacetValue `json:"group"`
	Kind  []FacetValue `json:"kind"`
	Level []FacetValue `json:"level"`
	Month []FacetValue `json:"month"` // "2026-11"
}

// FacetValue is one value with its count and the words that would narrow the search to it.
type FacetValue struct {
	Value string             `json:"value"`
	Label habilitation.Label `json:"label"`
	Count int                `json:"count"`
	Query string             `json:"query"` // tag:sahel
}

// AddresseeView is one line of the header block.
type AddresseeView struct {
	AudienceRef
	Role          Role          `json:"role"`
	Qualification Qualification `json:"qualification"`
	Deadline      *time.Time    `json:"deadline,omitempty"`
	Instruction   string        `json:"instruction,omitempty"`
	Number        uint64        `json:"number,omitempty"`     // in the series from the origin to this addressee
	Precedence    Precedence    `json:"precedence,omitempty"` // its own, where it differs from its line's
	Night         bool          `json:"night,omitempty"`      // to be handled at any hour, for the reason beside
	NightReason   string        `json:"night_reason,omitempty"`
	Receipt       Receipt       `json:"receipt,omitempty"` // asked of it
	Serve         []string      `json:"serve"`             // offices to be served inside it
	Attention     string        `json:"attention,omitempty"`
	Collective    string        `json:"collective,omitempty"` // key of the collective that it was reached by
	Added         *AdditionView `json:"added,omitempty"`      // of an addressee added after the release: by whom, when and why
}

// AttachmentView is a file of the message.
type AttachmentView struct {
	Name     string             `json:"name"`
	Type     string             `json:"type"`
	Size     int64              `json:"size"`
	Level    habilitation.Level `json:"level"`
	SHA512   string             `json:"sha512"`
	Warnings []Warning          `json:"warnings"` // what its inspection found
	Words    bool               `json:"words"`    // its words can be shown
	Looks    bool               `json:"looks"`    // its first page can be shown, or the picture that it is
}

// ReferenceView is a message cited. One the reader may not see is told by its text alone, like one that does not exist.
type ReferenceView struct {
	Text    string           `json:"text"`
	ID      *habilitation.ID `json:"id,omitempty"`
	Banners []Banner         `json:"banners"` // what corrects it, as far as the reader may see that
}

// SignatureView is the verdict on the signature, made when the page was asked for.
type SignatureView struct {
	Valid     bool       `json:"valid"`
	Reasons   []string   `json:"reasons"` // keys: why not valid
	Signer    string     `json:"signer"`
	Quality   string     `json:"quality"` // "agent" or "house": an imported record is sealed by the house
	SignedAt  time.Time  `json:"signed_at"`
	StampedAt *time.Time `json:"stamped_at,omitempty"`
}

// MessageView is a message opened.
type MessageView struct {
	Headline
	DTG         string            `json:"dtg"` // date-time group: "121302Z JUL 26"
	Drafter     *AgentRef         `json:"drafter,omitempty"`
	Signatory   *AgentRef         `json:"signatory,omitempty"`
	Addressees  []AddresseeView   `json:"addressees"`
	Agents      []AgentRef        `json:"agents"` // personally addressed
	ActionFirst Precedence        `json:"action_precedence"`
	InfoFirst   Precedence        `json:"info_precedence"`
	Tags        []TagRef          `json:"tags"`
	Language    string            `json:"language"`
	Text        string            `json:"text"`
	Comment     string            `json:"comment,omitempty"`
	References  []ReferenceView   `json:"references"`
	CitedBy     []Headline        `json:"cited_by"` // later messages of the thread that the reader may see
	Files       []AttachmentView  `json:"files"`
	Dossiers    []DossierRef      `json:"dossiers"` // of the reader, in which it stands
	Signature   SignatureView     `json:"signature"`
	Provenance  map[string]string `json:"provenance,omitempty"` // of an imported record: volume, document, address…
	Reception   *ReceptionView    `json:"reception,omitempty"`  // of a mail from outside
	Outgoing    []OutgoingView    `json:"outgoing,omitempty"`   // what became of it at each address outside, for who speaks

	DistributionClass    DistributionClass `json:"distribution_class,omitempty"`
	Collectives          []CollectiveView  `json:"collectives"`
	Exempted             []AudienceRef     `json:"exempted"` // left out of every collective
	InReplyTo            *ReferenceView    `json:"in_reply_to,omitempty"`
	Follows              *ReferenceView    `json:"follows,omitempty"`
	Corrects             *CorrectionView   `json:"corrects,omitempty"`
	ReplyBefore          *time.Time        `json:"reply_before,omitempty"`
	ValidUntil           *time.Time        `json:"valid_until,omitempty"` // no longer to be acted upon after
	NotBefore            *time.Time        `json:"not_before,omitempty"`
	SilenceUntil         *time.Time        `json:"silence_until,omitempty"` // adopted if nobody objects until then
	ReassessOn           *time.Time        `json:"reassess_on,omitempty"`   // when the level is to be looked at again
	Countries            []string          `json:"countries"`
	Persons              []string          `json:"persons"`
	FreeTags             []string          `json:"free_tags"`
	LevelReason          string            `json:"level_reason,omitempty"`
	LevelOwner           AudienceRef       `json:"level_owner"` // who answers for the level
	Keeping              KeepingView       `json:"keeping"`
	AudienceMention      string            `json:"audience_mention,omitempty"`
	HandlingInstructions string            `json:"handling_instructions,omitempty"`
	External             []string          `json:"external"` // mail addresses outside the house
	Visas                []VisaView        `json:"visas"`
	OnBehalf             *AgentRef         `json:"on_behalf,omitempty"` // in whose place the signatory signed
	OwnEdit              bool              `json:"own_edit,omitempty"`  // the signatory changed the text after the visas
	ContentDigest        string            `json:"content_digest"`      // SHA-256 of the content, which visas bind
}

// CollectiveView is a collective that the message was addressed to.
type CollectiveView struct {
	Key     string             `json:"key"`
	Name    habilitation.Label `json:"name"`
	Role    Role               `json:"role"`
	Members int                `json:"members"` // how many addressees it stood for at release
}

// CorrectionView says which message this one corrects, and how.
type CorrectionView struct {
	ReferenceView
	How How `json:"how"`
}

// VisaView is a visa given before release.
type VisaView struct {
	Reviewer AgentRef    `json:"reviewer"`
	Group    AudienceRef `json:"group"`
	Round    int         `json:"round"`
	Verdict  string      `json:"verdict" enum:"approved,remarks"`
	At       time.Time   `json:"at"`
	Comment  string      `json:"comment,omitempty"`
	For      *AgentRef   `json:"for,omitempty"` // in whose place
	Same     bool        `json:"same"`          // given on the very text that was released
	Valid    bool        `json:"valid"`         // its own signature holds
	Reasons  []string    `json:"reasons"`       // keys: why it does not
}

// Me is who reads, and how far.
type Me struct {
	AgentRef
	Title       string             `json:"title,omitempty"`
	Level       habilitation.Level `json:"level"` // of the session: min(agent, terminal)
	AgentLevel  habilitation.Level `json:"agent_level"`
	Functions   []string           `json:"functions"`
	Memberships []MembershipView   `json:"memberships"`
	Pending     []SignupView       `json:"pending"` // my own requests to join that wait
	Decided     []SignupView       `json:"decided"` // my own requests to join that were decided in the last three months, the last first
	ToDecide    int                `json:"to_decide"`
	ToReview    int                `json:"to_review"`   // drafts that wait for my visa or my signature
	ToDo        int                `json:"to_do"`       // actions that I or nobody of my groups has in hand, and alerts that call me
	News        int                `json:"news"`        // what became of messages that I sent or sign for, since I last looked
	Delegations int                `json:"delegations"` // given to me, or ended, since I last looked
	Operator    bool               `json:"operator"`    // I belong to the operator desk
}

// MembershipView is one of an agent's groups with the duties held there: drafter, signatory, number_two, manager.
type MembershipView struct {
	AudienceRef
	Duties []string  `json:"duties"`
	Since  time.Time `json:"since"`
}

// GroupView is a functional group or a community as the directory shows it.
type GroupView struct {
	AudienceRef
	Sort       string             `json:"sort"`
	Parent     *AudienceRef       `json:"parent,omitempty"`
	Level      habilitation.Level `json:"level"`
	Members    int                `json:"members"`
	Member     bool               `json:"member"`      // am I one
	Duties     []string           `json:"duties"`      // mine there
	Asked      bool               `json:"asked"`       // my request waits
	MayDecide  bool               `json:"may_decide"`  // I accept and refuse requests here
	MayDeclare bool               `json:"may_declare"` // I declare tags here
}

// GroupPage is one group opened.
type GroupPage struct {
	GroupView
	People       []MemberView      `json:"people"`
	Declarations []DeclarationView `json:"declarations"`
	Requests     []SignupView      `json:"requests"`           // waiting; only for who decides them
	Emphasis     *EmphasisView     `json:"emphasis,omitempty"` // only for who directs it
}

// MemberView is an agent in a group.
type MemberView struct {
	AgentRef
	Duties []string  `json:"duties"`
	Since  time.Time `json:"since"`
}

// SignupView is a request to join.
type SignupView struct {
	ID        habilitation.ID `json:"id"`
	Agent     AgentRef        `json:"agent"`
	Audience  AudienceRef     `json:"audience"`
	Motive    string          `json:"motive"` // of who asks
	AskedAt   time.Time       `json:"asked_at"`
	State     string          `json:"state" enum:"pending,accepted,refused"` // pending, accepted, refused
	Reason    string          `json:"reason,omitempty"`                      // of who refused
	DecidedBy *AgentRef       `json:"decided_by,omitempty"`
	DecidedAt *time.Time      `json:"decided_at,omitempty"`
	MayDecide bool            `json:"may_decide"`
}

// DeclarationView is a tag that an audience declared, or asked to.
type DeclarationView struct {
	ID          habilitation.ID `json:"id"`
	Tag         TagRef          `json:"tag"`
	Audience    AudienceRef     `json:"audience"`
	Unprotected bool            `json:"unprotected"` // in force for unprotected messages
	Restricted  string          `json:"restricted"`  // none, waiting, approved, refused
	Reason      string          `json:"reason,omitempty"`
	Since       time.Time       `json:"since"`
	MaySteward  bool            `json:"may_steward"` // I approve or refuse it
	MayWithdraw bool            `json:"may_withdraw"`
}

// TagView is a tag as the thesaurus shows it.
type TagView struct {
	TagRef
	Synonyms     []string          `json:"synonyms"`
	Steward      AudienceRef       `json:"steward"`
	State        string            `json:"state"`
	Declarations []DeclarationView `json:"declarations"`
}

// Request waits for a decision of mine: a sign-up or a declaration.
type Request struct {
	Signup      *SignupView      `json:"signup,omitempty"`
	Declaration *DeclarationView `json:"declaration,omitempty"`
}

// Event is what a stream tells: a message arrived that the reader may see, or resync.
type Event struct {
	Resync   bool      `json:"resync,omitempty"` // the place asked for is unknown or too far: load the page again
	Headline *Headline `json:"headline,omitempty"`
	Changed  bool      `json:"changed,omitempty"` // the message was released before: its level, what corrects it, how far it has come or that it is mine has changed
	// Gone is a message that the reader saw and may not see any more.
	Gone   *habilitation.ID `json:"gone,omitempty"`
	Unread int              `json:"unread"`
}

// ProofView is the inclusion proof of a message in the tree of its level, with the signed checkpoint, in text form.
type ProofView struct {
	Text []byte
}

// ReceptionView is how a mail came from outside, and what is wrong with it.
type ReceptionView struct {
	Over    Way      `json:"over"`    // smtp or file
	Flaws   []string `json:"flaws"`   // keys
	Unknown []string `json:"unknown"` // addresses of the house that nobody has
	To      []string `json:"to"`      // as the mail says
}
