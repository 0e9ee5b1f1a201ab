// The shapes that the server sends, for the type checker only; see alphaplus/web/queries. Times are ms UTC.

export interface Chart {
  symbol: string;
  timeframe: string;
  simulated: boolean;
  venue: string;
  precision: number;
  open_time: number[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  volume: number[];
  ema_20: (number | null)[];
  ema_50: (number | null)[];
  rsi_14: (number | null)[];
  probability: (number | null)[];
  signals: Signal[];
  gaps: { start: number; bars: number }[];
  decision: Decision | null;
  model: ModelName | null;
  feed: Feed | null;
  has_more: boolean;
}

export interface Signal {
  as_of: number;
  side: string;
  confidence: number;
  probability: number | null;
  entry: number;
  stop: number | null;
  target: number | null;
  status: string;
  return_pct: number | null;
}

export interface Vote {
  voter: string;
  weight: number;
  probability: number | null;
  confidence: number;
  version: number | null;
  reason: string;
}

export interface PanelResult {
  panel: string;
  probability: number | null;
  confidence: number;
  coverage: number;
  agreement: number;
  reason: string;
  votes: Vote[];
}

export interface Decision {
  as_of: number;
  side: string;
  probability: number | null;
  confidence: number;
  reason: string;
  entry: number | null;
  stop: number | null;
  target: number | null;
  expires_at: number | null;
  panels: PanelResult[];
  contributions: { column: string; value: number; contribution: number }[];
  model: ModelName | null;
  origin: string;
}

export interface ModelName {
  number: number;
  label: string;
  stage: string;
  family: string;
  horizon: number;
}

export interface Feed {
  origin: string;
  state: string;
  as_of: number;
  updated_at: number;
  speed: number | null;
}

export interface LiveBar {
  open_time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  closed: boolean;
  probability: number | null;
  sent_at: number;
  seq: number;
}

export interface Page {
  symbol: string;
  timeframe: string;
  timeframe_ms: number;
  assets: boolean;
  first_bars: number;
  worker: string;
  chart_url: string;
  patterns_url: string;
  decision_url: string;
  stream_url: string;
  model_url: string;
}

export interface PatternShape {
  name: string;
  kind: string;
  drawing: string;
  title: string;
}

/** An event as the server tells it, one row of its columns. */
export interface FoundPattern {
  pattern: string;
  kind: string;
  direction: number;
  strength: number | null;
  start: number;
  known_at: number;
  low: number | null;
  high: number | null;
  points: { time: number; price: number }[];
  level: number | null;
  target: number | null;
  stop: number | null;
  cause: string | null;
  state: string;
  broke_at: number | null;
  touched_at: number | null;
  mitigated_at: number | null;
  entered_at: number | null;
  entry: number | null;
  ended_at: number | null;
  outcome: string | null;
  result: number | null;
}

export type PatternLayer = "zones" | "structure" | "figures" | "candles" | "volume_patterns" | "entries";

/** An event with its place among the loaded bars: positions, which lie below 0 where the bars are not loaded. */
export interface PatternEvent extends FoundPattern {
  layer: PatternLayer;
  shape: PatternShape;
  from: number;
  known: number;
  broke: number | null;
  entered: number | null;
  end: number | null;
  corners: { at: number; price: number }[];
}

export interface PatternAnswer {
  state: "ready" | "compiling";
  retry_ms: number;
  first: number | null;
  as_of: number | null;
  lasting: number;
  patterns: PatternShape[];
  events: Record<keyof FoundPattern, any[]>;
}
