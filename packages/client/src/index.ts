// What a page needs of the volunteer's privacy, through the package it talks to anyway.
export { ENGLISH_LEVELS, factsOf, GERMAN_LEVELS, type LevelFacts, loadSodium, type Sodium, verifyPolicy } from '@shoal/privacy'
export type { Comparison } from './comparison.ts'
export { consentKeyOf } from './consent-key.ts'
export type { Masker, SumTerms } from './masker.ts'
export { createMemoryStorage } from './memory-storage.ts'
export { MAX_OUTBOX_ENTRIES, type Outbox, type OutboxEntry, type OutboxPurpose, ROUNDS_WITH_CLEAR, type Trouble } from './outbox.ts'
export type {
  DeviceStorage,
  Letter,
  Power,
  PowerCondition,
  ProcedureCall,
  Procedures,
  Sealer,
  SessionPorts,
  Timers,
  Transport,
  TransportHandlers,
  Upload,
} from './ports.ts'
export type { Service } from './service.ts'
export type { SessionEffect } from './session-effect.ts'
export type { SessionEvent } from './session-event.ts'
export { reduce as reduceSession } from './session-machine.ts'
export type { SessionOptions } from './session-options.ts'
export { createVolunteerSession, type SessionWatch, type VolunteerSession } from './session-runtime.ts'
export type { Conditions, Notice, PauseReason, Session, SessionState, WaitingReason, Work, WorkStep } from './session-state.ts'
export { createSodiumSealer, type SodiumSealerOptions } from './sodium-sealer.ts'
export type { SumFindings } from './sum-findings.ts'
