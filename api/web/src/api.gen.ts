// Source-SHA256: de756cdef860b80298269f38f915087324f9b939933e4d2cbf9aa85d1148ef10
// Generated from openapi.yaml by gen/types.go; do not edit.

export type State = "open" | "resolved" | "expired";

export type Severity = "critical" | "major" | "minor";

export type View = "full" | "brief";

export type Number = number | null;

export type Attribute = {
  key: string;
  value: string;
};

export type Kind = "own_time" | "network" | "error" | "structure" | "silence" | "concurrency" | "saturation" | "load";

export type Warning = {
  kind: string;
  place?: string;
  count: number;
  message: string;
};

export type Evidence = {
  family: string;
  service?: string;
  operation?: string;
  caller?: string;
  callee?: string;
  instance?: string;
  attribute?: Attribute;
  before: Number;
  now: Number;
  unit: string;
  z: Number;
  effect: Number;
  impact: Number;
  samples: number;
  baseline: number;
  sentence: string;
};

export type Suspect = {
  rank: number;
  service?: string;
  operation?: string;
  instance?: string;
  attribute?: Attribute;
  kind: Kind;
  score: Number;
  confidence: Number;
  reason: string;
  evidence: Evidence[];
  exemplars: string[];
};

export type EntryImpact = {
  service: string;
  operation: string;
  requests: number;
  slow: number;
  failed: number;
  before_ms: Number;
  now_ms: Number;
};

export type Impact = {
  requests: number;
  affected: number;
  share: Number;
  entry_points: EntryImpact[];
};

export type Quality = {
  traces: number;
  incomplete: Number;
  skewed: Number;
  sampled: Number;
  baseline: number;
};

export type Link = {
  trace: string;
  url: string;
};

export type ChangeKind = "deploy" | "flag" | "config" | "other" | "version";

export type Cause = {
  service?: string;
  operation?: string;
  instance?: string;
  attribute?: Attribute;
  kind?: string;
};

export type Feedback = {
  verdict: "right" | "wrong" | "expected";
  causes?: Cause[];
};

export type FeedbackRequest = {
  verdict: "right" | "wrong" | "expected";
  causes?: Cause[];
  by?: string;
  comment?: string;
};

export type AcknowledgeRequest = {
  by?: string;
  comment?: string;
};

export type MuteRequest = {
  services?: string[];
  operation?: string;
  kind?: Kind;
  from?: string;
  until?: string;
  for?: string;
  by?: string;
  comment?: string;
};

export type Mute = {
  id: string;
  services?: string[];
  operation?: string;
  kind?: string;
  from: string;
  until: string;
  by?: string;
  comment?: string;
};

export type MuteList = {
  at: string;
  mutes: Mute[];
};

export type ChangeRequest = {
  kind?: "deploy" | "flag" | "config" | "other";
  service?: string;
  version?: string;
  at?: string;
  what?: string;
  by?: string;
  url?: string;
};

export type Change = {
  id: string;
  kind: ChangeKind;
  service?: string;
  version?: string;
  previous?: string;
  at: string;
  what?: string;
  by?: string;
  url?: string;
};

export type ChangePage = {
  changes: Change[];
  next_cursor: string | null;
  total: number;
};

export type Preceding = Change & {
  before_seconds: Number;
  sentence: string;
};

export type Note = {
  id: string;
  kind: "feedback" | "acknowledged" | "muted" | "unmuted" | "change";
  at: string;
  by?: string;
  comment?: string;
  incident?: string;
  feedback?: Feedback;
  mute?: Mute;
  undoes?: string;
  change?: Change;
};

export type Marks = {
  muted?: Mute;
  acknowledged?: Note;
  feedback?: Note;
};

export type FeedbackCounts = {
  right: number;
  wrong: number;
  false: number;
  none: number;
  observed_days: Number;
};

export type TargetStatus = {
  name: string;
  type: string;
  receiver: string;
  healthy: boolean;
  error?: string;
  sequence: number;
  pending: number;
  sent: number;
  skipped: number;
  muted: number;
  retries: number;
  dead_letters: number;
  last_sent: string | null;
};

export type DeadLetter = {
  id: string;
  target: string;
  receiver: string;
  sequence: number;
  incident: string;
  revision: number;
  event: string;
  title: string;
  tries: number;
  error: string;
  at: string;
};

export type AlertStatus = {
  targets: TargetStatus[];
  dead_letters: DeadLetter[];
};

export type Incident = {
  id: string;
  revision: number;
  event: "opened" | "updated" | "resolved" | "reopened" | "expired";
  state: State;
  started_at: string;
  opened_at: string;
  updated_at: string;
  resolved_at: string | null;
  severity: Severity;
  title: string;
  summary: string;
  cause: string;
  because: string;
  suspects: Suspect[];
  impact: Impact;
  affected: string[];
  links: Link[];
  provisional: boolean;
  quality: Quality;
  warnings: Warning[];
  changes?: Preceding[];
  marks?: Marks;
  exhibit?: Exhibit;
};

export type ExhibitSpan = {
  parent: number;
  depth: number;
  service: string;
  operation: string;
  instance?: string;
  start_ms: Number;
  duration_ms: Number;
  failed: boolean;
  suspect: boolean;
  path: Number[][];
  excess_ms: Number;
};

export type ExhibitTrace = {
  id: string;
  start: string;
  duration_ms: Number;
  spans: ExhibitSpan[];
  omitted: number;
};

export type ExhibitExcess = {
  service: string;
  operation: string;
  normal_ms: Number;
  now_ms: Number;
};

export type Chart = {
  quantity: string;
  service: string;
  operation: string;
  callee?: string;
  unit: string;
  from: string;
  step_s: Number;
  at: number[];
  value: Number[];
  high: Number[];
  usual_low: Number;
  usual: Number;
  usual_high: Number;
  basis: "values" | "windows" | "";
};

export type AttributeSplit = {
  key: string;
  value: string;
  calls: number;
  share: Number;
  before: Number;
  now: Number;
  unit: string;
  new: boolean;
  holds: boolean;
};

export type Exhibit = {
  trace: ExhibitTrace | null;
  normal: ExhibitTrace | null;
  excess: ExhibitExcess[];
  charts: Chart[];
  topology: Topology | null;
  attributes: AttributeSplit[];
};

export type Usual = {
  windows: number;
  per_second: Number;
  error_rate: Number;
  p50_ms: Number;
  p95_ms: Number;
};

export type IncidentPage = {
  incidents: Incident[];
  next_cursor: string | null;
  total: number;
  log_sequence: number;
};

export type IncidentHistory = Incident & {
  revisions: Incident[];
  revisions_omitted: number;
  notes: Note[];
};

export type Ranking = {
  from: string;
  to: string;
  method: string;
  anomalous: boolean;
  suspects: Suspect[];
  warnings: Warning[];
};

export type TopologyNode = {
  service: string;
  type: string;
  opaque: boolean;
  requests: number;
  errors: number;
  p50_ms: Number;
  p95_ms: Number;
  operations: string[];
  instances: string[];
  suspect: boolean;
  usual: Usual | null;
};

export type TopologyEdge = {
  caller: string;
  callee: string;
  async: boolean;
  calls: number;
  errors: number;
  p50_ms: Number;
  p95_ms: Number;
  gap_ms: Number;
  usual: Usual | null;
};

export type Topology = {
  from: string;
  to: string;
  nodes: TopologyNode[];
  edges: TopologyEdge[];
};

export type OperationNumbers = {
  windows: number;
  requests: number;
  per_second: Number;
  errors: number;
  error_rate: Number;
  p50_ms: Number;
  p95_ms: Number;
  own_p50_ms: Number;
  own_p95_ms: Number;
};

export type OperationTest = Evidence & {
  threshold: Number;
  flagged: boolean;
  windows: number;
};

export type OperationPeer = {
  service: string;
  operation?: string;
  calls: number;
  errors: number;
  p50_ms: Number;
  p95_ms: Number;
  normal_calls_per_trace: Number;
  now_calls_per_trace: Number;
};

export type OperationInstance = {
  instance: string;
  requests: number;
  errors: number;
  normal_own_ms: Number;
  now_own_ms: Number;
  z: Number;
  deviating: boolean;
};

export type WorkflowFormat = "json" | "text" | "html" | "svg" | "mermaid" | "plantuml" | "sequencediagram" | "dot";

export type WorkflowParticipant = {
  service: string;
  opaque: boolean;
};

export type WorkflowGap = {
  before: number;
  ms: Number;
  share: Number;
};

export type WorkflowStep = {
  id: number;
  parent: number;
  caller?: string;
  service: string;
  operation: string;
  via?: string;
  hop: "entry" | "local" | "call" | "opaque_call" | "message" | "origin_unknown";
  group?: number;
  group_how?: "parallel" | "alternative" | "loop";
  runs: number;
  frequency: Number;
  calls_min: number;
  calls_max: number;
  calls_mean: Number;
  concurrent: boolean;
  errors: number;
  unanswered: number;
  p50_ms: Number;
  p95_ms: Number;
  self_ms: Number;
  time_share: Number;
  gaps: WorkflowGap[];
  missing: boolean;
  deviations: number[];
};

export type WorkflowVariant = {
  runs: number;
  share: Number;
  errors: number;
  p50_ms: Number;
  p95_ms: Number;
  exemplar: string;
  differs: string[];
};

export type WorkflowUsual = {
  from: string;
  to: string;
  runs: number;
  p50_ms: Number;
  p95_ms: Number;
};

export type WorkflowDeviation = {
  kind: "no_answer" | "missing" | "extra" | "repeated" | "fewer" | "order" | "failed" | "slow";
  step: number;
  service: string;
  operation: string;
  before: Number;
  now: Number;
  unit: string;
  extra_ms: Number;
  certainty: Number;
  follows: boolean;
  sentence: string;
};

export type Workflow = {
  service: string;
  operation: string;
  from: string;
  to: string;
  trace?: string;
  runs: number;
  errors: number;
  p50_ms: Number;
  p95_ms: Number;
  participants: WorkflowParticipant[];
  steps: WorkflowStep[];
  variants: WorkflowVariant[];
  usual: WorkflowUsual | null;
  deviations: WorkflowDeviation[];
  warnings: Warning[];
};

export type OperationView = {
  service: string;
  operation: string;
  from: string;
  to: string;
  flagged: boolean;
  why: string;
  normal: OperationNumbers | null;
  now: OperationNumbers | null;
  tests: OperationTest[];
  callers: OperationPeer[];
  callees: OperationPeer[];
  instances: OperationInstance[];
  exemplars: string[];
  links: Link[];
  charts: Chart[];
  seasons: OperationSeason[];
  warnings: Warning[];
};

export type OperationSeason = {
  quantity: "own_time" | "error" | "duration" | "entry_error" | "traffic";
  unit: string;
  usual: Number[];
  low: Number[];
  high: Number[];
  weeks: number[];
};

export type OperationSummary = {
  service: string;
  operation: string;
  per_second: Number;
  error_rate: Number;
  own_p50_ms: Number;
  own_p95_ms: Number;
  usual_own_p50_ms: Number;
  usual_own_p95_ms: Number;
  usual_error_rate: Number;
  z: Number;
  family: string;
  threshold: Number;
  flagged: boolean;
};

export type OperationPage = {
  from: string;
  to: string;
  threshold: Number;
  total: number;
  operations: OperationSummary[];
};

export type SourceStatus = {
  name: string;
  protocol: string;
  healthy: boolean;
  error?: string;
  watermark: string;
  lag_seconds: Number;
  spans_received: number;
  spans_used: number;
  traces_used: number;
  truncated: number;
  retries: number;
  warnings: Warning[];
};

export type ServiceStatus = {
  version: string;
  started_at: string;
  watermark: string;
  window: string;
  provisional: boolean;
  healthy_windows: number;
  false_incidents_per_day_budget: Number;
  false_incidents_per_day_measured: Number;
  false_incidents_per_day_interval: Number[];
  feedback: FeedbackCounts;
  open_incidents: number;
  services: number;
  operations: number;
  spans_seen: number;
  spans_pending: number;
  spans_dropped: number;
  spans_late: number;
  shards: number;
  memory: Memory;
  retained: Retained | null;
  sources: SourceStatus[];
  targets: TargetStatus[];
  folded: Folded[];
  warnings: Warning[];
};

export type Memory = {
  heap_bytes: number;
  system_bytes: number;
  resident_bytes: number | null;
  peak_bytes: number;
  bounds: MemoryBound[];
};

export type MemoryBound = {
  what: string;
  unit: string;
  have: number;
  most: number;
  setting: string;
};

export type Folded = {
  service: string;
  operation: string;
  names: number;
  example: string;
};

export type Health = {
  status: "ok" | "ready";
};

export type Retained = {
  from: string;
  to: string;
};

export type Problem = {
  type: string;
  title: string;
  status: number;
  detail: string;
  instance: string;
  parameter?: string;
  closest?: string[];
  retained?: Retained;
};

export type Comparison = {
  before: CompareSide;
  now: CompareSide;
  changes: Difference[];
  entries: EntryChange[];
  services: ServiceChange[];
  tests: number;
  fdr: Number;
  warnings: Warning[];
};

export type CompareSide = {
  name: string;
  from: string;
  to: string;
  requests: number;
  spans: number;
  slices: number;
  seconds: Number;
};

export type Difference = {
  rank: number;
  level: string;
  kind: string;
  service: string;
  operation: string;
  callee?: string;
  callee_operation?: string;
  before: Number;
  now: Number;
  unit: string;
  effect_ms: Number;
  effect_share: Number;
  failing: Number;
  entries: EntryEffect[];
  z: Number;
  q: Number;
  origin: boolean;
  samples: number;
  baseline: number;
  sentence: string;
};

export type EntryEffect = {
  service: string;
  operation: string;
  ms: Number;
};

export type EntryChange = {
  service: string;
  operation: string;
  before: number;
  now: number;
  before_mean_ms: Number;
  now_mean_ms: Number;
  before_p50_ms: Number;
  now_p50_ms: Number;
  before_p99_ms: Number;
  now_p99_ms: Number;
  before_failed: Number;
  now_failed: Number;
  time_q: Number;
  failed_q: Number;
};

export type ServiceChange = {
  service: string;
  entry: string;
  entry_operation: string;
  before_ms: Number;
  now_ms: Number;
  z: Number;
  q: Number;
  kind?: string;
};

export type Correlation = {
  from: string;
  to: string;
  service: string;
  operation: string;
  chosen: string;
  selected: number;
  rest: number;
  tried: number;
  attributes: CorrelatedAttribute[];
  warnings: Warning[];
};

export type CorrelatedAttribute = {
  rank: number;
  where: string;
  service: string;
  key: string;
  value: string;
  selected: number;
  rest: number;
  selected_share: Number;
  rest_share: Number;
  lift: Number;
  phi: Number;
  q: Number;
  same: Attribute[];
};

export type CriticalPaths = {
  from: string;
  to: string;
  entries: EntryPaths[];
  warnings: Warning[];
};

export type EntryPaths = {
  service: string;
  operation: string;
  requests: number;
  errors: number;
  mean_ms: Number;
  p50_ms: Number;
  p95_ms: Number;
  p99_ms: Number;
  operations: PathOperation[];
  instances: PathInstance[];
  edges: PathEdge[];
  predictions: PathPrediction[];
  stacks: PathStack[];
  sampled: number;
};

export type PathOperation = {
  service: string;
  operation: string;
  kind: string;
  ms: Number;
  share: Number;
  calls: Number;
  drag_ms: Number;
  slack_ms: Number;
};

export type PathInstance = {
  service: string;
  operation: string;
  instance: string;
  ms: Number;
  share: Number;
  calls: Number;
};

export type PathEdge = {
  caller: string;
  caller_operation: string;
  callee: string;
  callee_operation: string;
  ms: Number;
  between_ms: Number;
  share: Number;
  calls: Number;
};

export type PathPrediction = {
  service: string;
  operation?: string;
  faster: Number;
  mean: PathChange;
  p50: PathChange;
  p99: PathChange;
};

export type PathChange = {
  before_ms: Number;
  after_ms: Number;
  gain_ms: Number;
  low_ms: Number;
  high_ms: Number;
};

export type PathStack = {
  frames: string[];
  ms: Number;
};
