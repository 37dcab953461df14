// What the node answers about the line, as far as the console reads it.

export interface Step {
  party: string;
  post: string;
  time: string;
  staffed: boolean;
}
export interface Dialogue {
  dialogue_id: string;
  opener: string;
  other: string;
  about: string | null;
  code: string;
  state: string;
  result: string | null;
  read_back: "not_needed" | "due" | "comparing" | "mismatch" | "matched" | "confirmed";
  question: number | null;
  owes: string | null;
  post: string | null;
  answer_by: string | null;
  overdue: boolean;
  unstaffed: boolean;
  precedence: string;
  answer_s: number | null;
  basis: string | null;
  messages: number;
  changed: string;
  sequence: number;
}
export interface Message {
  dialogue_id: string;
  number: number;
  from_party: string;
  from_post: string;
  to_party: string;
  reference: number | null;
  act: string;
  precedence: string;
  response: string;
  sent: string;
  received: string | null;
  read: string | null;
  read_post: string | null;
  delayed: boolean;
  steps: Step[];
  code: string;
  parameters: Record<string, unknown>;
  fields: { name: string; sent: unknown; read_back: unknown; equal: boolean }[] | null;
  proposes: string[];
  checked_through: number | null;
  cited: { parameter: string; basis: string | null }[];
  person: string | null;
  title: string | null;
  text: string | null;
}
export interface Thread extends Dialogue {
  thread: Message[];
}
export interface Proposal {
  number: number;
  clear: boolean;
  against: string[];
  standing: string[];
  checked_through: number;
}
export interface LineTest {
  agreement_id: string;
  number: number;
  begun: string;
  answer_by: string;
  basis: string | null;
  called_by: string | null;
  answers: { party: string; state: string; since: string; post: string | null }[];
  over: boolean;
}
export interface Post {
  party: string;
  post: string;
  deputies: string[];
  next_post: string | null;
  staffed: boolean;
  watches: { watch: string; since: string; person: string | null }[];
  note: string | null;
  note_time: string | null;
}
export interface Clause {
  number: string;
  version: number;
  term: ({ kind: string } & Record<string, unknown>) | null;
  texts: Record<string, string>;
}
export interface DraftClause extends Clause {
  revision: number;
  struck: boolean;
  proposed_by: string;
  accepted_by: string[];
  reservations: { party: string; text: string }[];
}
export interface Standing {
  party: string;
  state: string;
  since: string;
  reason?: string;
  announced?: string;
  announced_from?: string;
  announced_reason?: string;
}
export interface Agreement {
  agreement_id: string;
  titles: Record<string, string>;
  members: string[];
  languages: string[];
  authoritative: string[];
  status: string;
  version: number;
  clauses: Clause[];
  standings: Standing[];
  draft: { version: number; clauses: DraftClause[]; standings: Standing[] } | null;
  review: string | null;
  review_due: boolean;
}
export interface Parameter {
  name: string;
  kind: string;
  label: string;
  required: boolean;
  read_back: boolean;
}
export interface MessageType {
  code: string;
  title: string;
  group: string;
  act: string;
  response: string;
  precedence: string;
  parameters: Parameter[];
}
export interface Catalogue {
  direction: "ltr" | "rtl";
  review_status: string;
  messages: MessageType[];
  choices: Record<string, string[]>;
  words: Record<string, string>;
}
export interface Assistance {
  assistance_id: string;
  requester: string;
  post: string;
  state: string;
  called: { party: string; state: string; since: string; dialogue_id: string | null; operation_id: string | null }[];
  requested: string;
  text: string | null;
}
export interface Commitment {
  number: number;
  text: string;
  owner: string;
  due: string;
  state: string;
  said: string | null;
}
export interface VoiceCall {
  call_id: string;
  recorder: string;
  other: string;
  participants: { party: string; post: string }[];
  began: string;
  lasted_s: number;
  state: string;
  revision: number;
  drafted_by: string;
  language: string;
  agenda: string;
  text: string;
  decisions: string[];
  no_tactical_decisions: boolean;
  commitments: Commitment[];
  accounts: { party: string; text: string }[];
}
