export type {
  Admission, AdmissionRequest, CloseCode, CloseReason, Credential, Doorkeeper, SessionCounts, SessionPlan, TablePlan, Token,
} from './doorkeeper.ts'
