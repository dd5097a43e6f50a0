// Written by scripts/openapi.py (`make openapi`). Do not edit.

export type AcceptAsk = { "cookies"?: boolean | null; "token": string; "password": string; "name"?: string }

export type AdjustmentShown = { "id"?: string | null; "rerate_id"?: string | null; "day": string; "department": string; "team": string; "user": string; "key": string; "model": string; "provider": string; "currency": string; "requests": number; "recorded": string; "rated": string; "difference": string; "invoice_id"?: string | null }

export type Adjustments = { "items": Array<AdjustmentShown>; "next_cursor": string | null }

export type Amount = { "currency": string; "cost": string; "saved"?: string }

export type ApplyAnswer = { "changes": Array<ChangeShown>; "written": boolean }

export type ApplyAsk = { "yaml": string; "prune"?: boolean; "dry_run"?: boolean }

export type ApprovalShown = { "id": string; "action": string; "target": string; "change": Record<string, unknown>; "reason": string; "asked_by": string; "asked_name": string; "asked_at": string; "expires_at": string; "status": string; "decided_by": string; "decided_name": string; "decided_at": string | null; "done_at": string | null }

export type ApprovalsAnswer = { "items": Array<ApprovalShown>; "next_cursor"?: string | null }

export type At = { "requests": number; "errors": number; "success_rate": number | null; "input_tokens": number; "cache_read_tokens"?: number; "cache_write_tokens"?: number; "output_tokens": number; "reasoning_tokens"?: number; "total_tokens": number; "cost": string; "currency": string; "saved"?: string; "average_ms"?: number | null; "average_first_chunk_ms"?: number | null; "at": string; "name"?: string | null }

export type Cell = { "weekday": number; "hour": number; "requests": number; "errors": number; "total_tokens": number; "cost": string; "currency": string }

export type ChainProved = { "tenant": string; "chain": string; "whole": boolean; "entries": number; "links": number; "checkpoints": number; "trimmed": number; "first_broken": number | null; "what": string }

export type ChangeShown = { "kind": string; "name": string; "tenant": string; "change": string; "version": number }

export type ClaimNames = { "email"?: string; "name"?: string; "groups"?: string; "role"?: string }

export type ClearedAnswer = { "status": string; "removed": number }

export type Counted = { "kind": string; "action": string; "outcome": string; "count": number }

export type CreditAsk = { "reason": string; "net"?: string | null }

export type Dashboard = { "since": string; "until": string; "time_zone": string; "totals": Figures; "other_currencies": Array<Amount>; "active_users": number; "latency": Latency; "findings": Found; "top_models": Array<Named>; "top_teams": Array<Named>; "top_users": Array<Named> }

export type DayShown = { "day": string; "actual": string | null; "expected": string | null }

export type DecisionAsk = { "reason"?: string }

export type Defaults = { "role"?: ("user" | "viewer") | null; "models"?: Array<string> | null; "key_days"?: number | null }

export type DepartmentAsk = { "name": string; "id"?: string | null }

export type Detail = { "request_id": string; "receipt_id": string; "at": string; "department": string; "team": string; "user": string; "key_id": string; "model": string; "provider": string; "upstream_model": string; "dialect": string; "operation": string; "stream": boolean; "status": number; "ending": string; "error_code": string; "finish": string; "cache": string; "policy": string; "input_tokens": number; "cache_read_tokens": number; "cache_write_tokens": number; "output_tokens": number; "reasoning_tokens": number; "cost": string; "currency": string; "priced": boolean; "saved": string; "duration_ms": number; "first_chunk_ms": number; "upstream_ms": number; "overhead_us": number; "address": string; "usage_estimated": boolean; "held": string; "request_bytes": number; "response_bytes": number; "snapshot": number; "attempts": Array<Record<string, unknown>>; "dropped": Array<Record<string, unknown>>; "verdicts": Array<string>; "findings": Array<Record<string, unknown>>; "explained": Explained }

export type Details = { "request_id": string; "items": Array<Detail> }

export type DiffAnswer = { "items": Array<DifferenceShown> }

export type DifferenceShown = { "kind": string; "name": string; "tenant": string; "version": number; "in_file": boolean; "edited_beneath": boolean; "fields": Array<Record<string, unknown>> }

export type DiscoverAsk = { "issuer": string }

export type Discovered = { "issuer": string; "authorization_endpoint": string; "token_endpoint": string; "jwks_uri": string; "userinfo_endpoint": string; "end_session_endpoint": string; "algorithms": Array<string>; "scopes": Array<string>; "pkce": boolean; "usable": boolean; "callback_url": string }

export type Done = { "status": string; "sessions_ended"?: number; "logout_url"?: string | null }

export type DryRunAnswer = { "policy": string; "requests": number; "refused": number; "changed": number; "flagged": number; "newly_refused": number; "newly_allowed": number; "unknown": number; "reasons": Record<string, number>; "examples": Array<string> }

export type DryRunAsk = { "name"?: string; "document": Record<string, unknown>; "last"?: number }

export type EffectiveAnswer = { "policy": string; "chain": Array<Record<string, string>>; "terms": Record<string, unknown> }

export type EntriesAnswer = { "items": Array<EntryShown>; "next_cursor": string | null }

export type Entry = { "request_id": string; "receipt_id": string; "at": string; "department": string; "team": string; "user": string; "key_id": string; "model": string; "provider": string; "upstream_model": string; "dialect": string; "operation": string; "stream": boolean; "status": number; "ending": string; "error_code": string; "finish": string; "cache": string; "policy": string; "input_tokens": number; "cache_read_tokens": number; "cache_write_tokens": number; "output_tokens": number; "reasoning_tokens": number; "cost": string; "currency": string; "priced": boolean; "saved": string; "duration_ms": number; "first_chunk_ms": number; "upstream_ms": number; "overhead_us": number }

export type EntryShown = { "id": string; "at": string; "kind": string; "action": string; "outcome": string; "actor": string; "actor_name": string; "actor_role": string; "target": string; "address": string; "request_id": string; "details": Record<string, unknown> }

export type ErasureAnswer = { "pseudonym": string; "entries": number; "requests": number }

export type ErasureAsk = { "user": string; "reason": string }

export type Exchange = { "from": string; "to": string; "rate": string; "since": string }

export type ExplainAnswer = { "model": string; "strategy": string; "attempts": Array<PlannedTry>; "dropped": Array<LeftOut>; "note": string; "hedge_after_ms": number | null; "shadow": PlannedShadow | null; "policy": string }

export type ExplainAsk = { "model"?: string | null; "stream"?: boolean; "needs"?: Array<string>; "user"?: string | null; "conversation"?: string; "headers"?: Record<string, string> }

export type Explained = { "price_source": string; "parts": Array<Part>; "computed": string; "recorded": string; "agrees": boolean; "note": string }

export type ExportAsk = { "format"?: "jsonl" | "csv" | "chain"; "since"?: string | null; "until"?: string | null; "kinds"?: Array<string> }

export type FeaturesAnswer = { "features": Record<string, string> }

export type FeedbackAnswer = { "status": string; "removed": number; "questions": number; "similarity": number | null }

export type FeedbackAsk = { "id": string }

export type Figures = { "requests": number; "errors": number; "success_rate": number | null; "input_tokens": number; "cache_read_tokens"?: number; "cache_write_tokens"?: number; "output_tokens": number; "reasoning_tokens"?: number; "total_tokens": number; "cost": string; "currency": string; "saved"?: string; "average_ms"?: number | null; "average_first_chunk_ms"?: number | null }

export type FindingsAnswer = { "items": Array<Record<string, unknown>>; "next_cursor"?: string | null }

export type ForecastShown = { "period": Record<string, string>; "currency": string; "as_of": string; "method": string; "covers": number; "basis_days": number; "spent": string; "usage": Range; "bill": Range; "days": Array<DayShown> }

export type ForgotAsk = { "email": string; "tenant"?: string }

export type Found = { "total": number; "kinds": Record<string, number>; "complete": boolean }

export type FourEyes = { "budget_raise"?: boolean; "policy_change"?: boolean; "reveal"?: boolean; "expires_hours"?: number | null }

export type GrantAsk = { "permission": string; "for_s": number; "reason": string }

export type GrantShown = { "id": string; "user": string; "permission": string; "reason": string; "given_by": string; "given_at": string; "expires_at": string; "ended_at": string | null }

export type Grants = { "items": Array<GrantShown>; "next_cursor"?: string | null }

export type GroupDocument = Record<string, unknown>

export type GroupPut = { "name": string }

export type GroupRow = { "group": string; "role"?: ("admin" | "manager" | "user" | "viewer" | "auditor") | null; "team"?: string }

export type GroupShown = { "id": string; "name": string; "department": string; "source": "stored" | "file"; "members": number }

export type Groups = { "items": Array<GroupShown>; "next_cursor": string | null }

export type GuardrailShown = { "kind": string; "sides": Array<string>; "modes": Array<string>; "price_class": string; "about": string; "settings": Record<string, unknown>; "ids": Array<string> }

export type GuardrailsAnswer = { "items": Array<GuardrailShown>; "next_cursor"?: string | null }

export type HoldAsk = { "reason": string }

export type HoldShown = { "id": string; "reason": string; "begun_at": string; "begun_by": string; "ended_at": string | null; "ended_by": string }

export type HoldsAnswer = { "items": Array<HoldShown>; "next_cursor"?: string | null }

export type Hours = { "since": string; "until": string; "time_zone": string; "items": Array<Cell>; "next_cursor"?: string | null }

export type Identities = { "items": Array<IdentityShown>; "next_cursor"?: string | null }

export type IdentityShown = { "provider": string; "provider_name": string; "subject": string; "linked_at": string; "last_at": string }

export type InitiateAsk = { "provider": string; "tenant"?: string; "redirect"?: string }

export type Initiated = { "authorization_url": string; "state": string }

export type InvitationShown = { "id": string; "email": string; "role": string; "department": string; "team": string; "given_by": string; "given_at": string; "expires_at": string }

export type Invitations = { "items": Array<InvitationShown>; "next_cursor"?: string | null }

export type InviteAsk = { "email": string; "name"?: string; "role"?: ("admin" | "manager" | "user" | "viewer" | "auditor") | null; "department"?: string; "team"?: string; "new_tenant"?: boolean; "tenant"?: string }

export type Invited = { "id": string; "email": string; "role": string; "department": string; "team": string; "given_by": string; "given_at": string; "expires_at": string; "token": string }

export type InvoiceAsk = { "since"?: string | null; "until"?: string | null; "issue"?: boolean }

export type InvoiceInFull = { "id": string; "kind": string; "status": string; "number": string; "currency": string; "period": Record<string, string>; "net": string; "tax": string; "total": string; "made_at": string; "issued_at": string | null; "of_invoice": string | null; "sha256": string | null; "intact": boolean; "seller": Record<string, unknown>; "buyer": Record<string, unknown>; "lines": Array<LineShown>; "taxes": Array<Record<string, string>>; "plan_version": number | null; "active_users": number | null; "issued_on": string | null; "due_on": string | null; "reason"?: string | null; "note"?: string; "remaining"?: string | null }

export type InvoiceShown = { "id": string; "kind": string; "status": string; "number": string; "currency": string; "period": Record<string, string>; "net": string; "tax": string; "total": string; "made_at": string; "issued_at": string | null; "of_invoice": string | null; "sha256": string | null; "intact": boolean }

export type Invoices = { "items": Array<InvoiceShown>; "next_cursor": string | null }

export type KeyAsk = { "environment"?: string | null; "models"?: Array<string> | null; "permissions"?: Array<string> | null; "limits"?: Array<KeyLimit> | null; "budgets"?: Array<KeyBudget> | null; "policy"?: string | null; "expires_at"?: string | null; "ip_allow"?: Array<string> | null; "metadata"?: Record<string, string> | null; "name": string; "user"?: string | null; "department"?: string; "team"?: string }

export type KeyBudget = { "limit": number | string; "per"?: string; "hard"?: boolean; "alerts"?: Array<number> }

export type KeyLimit = { "requests"?: number | null; "tokens"?: number | null; "concurrency"?: number | null; "per_s"?: number | null; "algorithm"?: "sliding_window" | "token_bucket" | "fixed_window"; "burst"?: number | null }

export type KeyMade = { "id": string; "name": string; "prefix": string; "source": "stored" | "file"; "status": "active" | "expired" | "revoked" | "suspended"; "environment": string; "tenant": string; "department": string; "team": string; "user": string; "models": Array<string>; "permissions": Array<string>; "limits": Array<Record<string, unknown>>; "budgets": Array<Record<string, unknown>>; "policy": string; "ip_allow": Array<string>; "metadata": Record<string, unknown>; "created_at": string | null; "created_by": string; "expires_at": string | null; "revoked_at": string | null; "revoked_by": string; "old_secret_until": string | null; "last_used_at": string | null; "key": string; "secret": string }

export type KeyPatch = { "environment"?: string | null; "models"?: Array<string> | null; "permissions"?: Array<string> | null; "limits"?: Array<KeyLimit> | null; "budgets"?: Array<KeyBudget> | null; "policy"?: string | null; "expires_at"?: string | null; "ip_allow"?: Array<string> | null; "metadata"?: Record<string, string> | null; "name"?: string | null }

export type KeyShown = { "id": string; "name": string; "prefix": string; "source": "stored" | "file"; "status": "active" | "expired" | "revoked" | "suspended"; "environment": string; "tenant": string; "department": string; "team": string; "user": string; "models": Array<string>; "permissions": Array<string>; "limits": Array<Record<string, unknown>>; "budgets": Array<Record<string, unknown>>; "policy": string; "ip_allow": Array<string>; "metadata": Record<string, unknown>; "created_at": string | null; "created_by": string; "expires_at": string | null; "revoked_at": string | null; "revoked_by": string; "old_secret_until": string | null; "last_used_at": string | null }

export type Keys = { "items": Array<KeyShown>; "next_cursor": string | null }

export type Latency = { "p50_ms": number | null; "p95_ms": number | null; "p99_ms": number | null; "first_chunk_p50_ms"?: number | null; "first_chunk_p95_ms"?: number | null; "first_chunk_p99_ms"?: number | null; "of_requests": number; "complete": boolean; "relative_error"?: number }

export type LeakAsk = { "secret"?: string | null; "prefix"?: string | null; "hash"?: string | null; "url"?: string }

export type LeftOut = { "provider": string; "model": string; "reason": string }

export type LineShown = { "kind": string; "description": string; "quantity": number; "unit": string; "unit_price": string; "amount": string; "source_currency"?: string | null; "source_amount"?: string | null; "input_tokens"?: number | null; "output_tokens"?: number | null }

export type ListShown = { "schemas": Array<string>; "totalResults": number; "startIndex": number; "itemsPerPage": number; "Resources": Array<Record<string, unknown>> }

export type ListedAnswer = { "items": Array<Record<string, unknown>>; "next_cursor"?: string | null }

export type Log = { "items": Array<Entry>; "next_cursor": string | null }

export type LoginAsk = { "cookies"?: boolean | null; "email": string; "password": string; "tenant"?: string }

export type LogoutAsk = { "everywhere"?: boolean; "refresh_token"?: string | null }

export type Me = { "id": string; "email": string; "name": string; "kind": string; "role": string; "operator": boolean; "tenant": string; "tenant_name": string; "department": string; "team": string; "permissions": Array<string>; "settings": TenantSettings }

export type MemberAsk = { "role"?: "member" | "lead" }

export type MemberShown = { "user": string; "email": string; "name": string; "role": "member" | "lead"; "main": boolean }

export type Members = { "items": Array<MemberShown>; "next_cursor": string | null }

export type Named = { "requests": number; "errors": number; "success_rate": number | null; "input_tokens": number; "cache_read_tokens"?: number; "cache_write_tokens"?: number; "output_tokens": number; "reasoning_tokens"?: number; "total_tokens": number; "cost": string; "currency": string; "saved"?: string; "average_ms"?: number | null; "average_first_chunk_ms"?: number | null; "name": string }

export type NamedAsk = { "document": Record<string, unknown>; "version"?: number | null; "name": string }

export type NamedPolicyAsk = { "document": Record<string, unknown>; "version"?: number | null; "name": string }

export type ObjectAsk = { "document": Record<string, unknown>; "version"?: number | null }

export type ObjectShown = { "name": string; "kind": string; "source": string; "version": number; "tenant": string; "document": Record<string, unknown> | null; "written_at"?: string | null; "written_by"?: string; "edited_beneath"?: boolean }

export type ObjectsAnswer = { "items": Array<ObjectShown>; "next_cursor"?: string | null }

export type PacksAnswer = { "items": Array<Record<string, unknown>>; "next_cursor"?: string | null }

export type Part = { "kind": string; "count": number; "price": string; "per": number; "amount": string }

export type Party = { "name"?: string; "address"?: Array<string>; "tax_id"?: string; "email"?: string }

export type PasswordAsk = { "current_password": string; "new_password": string }

export type PatchAsk = Record<string, unknown>

export type Person = { "user_id": string; "requests": number; "total_tokens": number; "amount": string }

export type PlanAsk = { "currency"?: string; "time_zone"?: string; "price_per_user"?: string; "margin_bp"?: number; "included"?: string; "taxes"?: Array<Tax>; "rates"?: Array<Exchange>; "seller"?: Party; "buyer"?: Party; "number_prefix"?: string; "credit_prefix"?: string; "fiscal_year_begins"?: number; "decimals"?: number | null; "due_days"?: number; "note"?: string; "version"?: number }

export type PlanShown = { "currency"?: string; "time_zone"?: string; "price_per_user"?: string; "margin_bp"?: number; "included"?: string; "taxes"?: Array<Tax>; "rates"?: Array<Exchange>; "seller"?: Party; "buyer"?: Party; "number_prefix"?: string; "credit_prefix"?: string; "fiscal_year_begins"?: number; "decimals"?: number | null; "due_days"?: number; "note"?: string; "version": number }

export type PlannedShadow = { "provider": string; "model": string; "percent": number }

export type PlannedTry = { "number": number; "provider": string; "model": string; "region": string; "fallback": boolean; "canary": boolean; "only": string }

export type PoliciesAnswer = { "items": Array<PolicyShown>; "next_cursor"?: string | null }

export type PolicyAsk = { "document": Record<string, unknown>; "version"?: number | null }

export type PolicyShown = { "name": string; "source": string; "version": number; "tenant": string; "document": Record<string, unknown> | null; "written_at"?: string | null; "written_by"?: string }

export type PriceShown = { "model": string; "provider": string; "upstream_model": string; "prices": Record<string, unknown> | null }

export type PricesAnswer = { "items": Array<PriceShown>; "next_cursor"?: string | null }

export type PricesAsk = { "input"?: string; "output"?: string; "cache_read"?: string | null; "cache_write"?: string | null; "request"?: string }

export type Range = { "expected": string; "low": string | null; "high": string | null }

export type Received = { "status": string }

export type ReconcileAsk = { "provider": string; "shape": "openai_usage" | "openai_costs" | "anthropic_usage" | "anthropic_costs" | "aws_cur"; "data"?: unknown; "csv"?: string; "since"?: string | null; "until"?: string | null; "keys"?: Record<string, string>; "models"?: Record<string, string>; "tolerance_bp"?: number }

export type Reconciliation = { "id": string; "provider": string; "shape": string; "since": string; "until": string; "made_at": string; "tolerance_bp": number; "matches": boolean; "complete"?: boolean; "items": Array<Variance> }

export type ReconciliationShown = { "id": string; "provider": string; "shape": string; "since": string; "until": string; "made_at": string; "matches": boolean }

export type Reconciliations = { "items": Array<ReconciliationShown>; "next_cursor": string | null }

export type RefreshAsk = { "refresh_token"?: string | null }

export type Refusal = { "request_id": string; "status": string; "error_code": string; "message": string; "details": Record<string, unknown> }

export type RegisterAsk = { "cookies"?: boolean | null; "name": string; "email": string; "password": string; "invitation"?: string | null }

export type ReloadAnswer = { "status": string; "snapshot_version": number; "snapshot_digest": string; "problems"?: Array<string> }

export type Removed = { "status": string; "keys_revoked"?: number; "sessions_ended"?: number }

export type Rerate = { "id": string; "since": string; "until": string; "reason": string; "made_at": string; "made_by": string; "differences": Record<string, string> }

export type RerateAnswer = { "id": string | null; "since": string; "until": string; "looked_at": number; "rated": number; "left_alone": Record<string, number>; "differences": Record<string, string>; "complete": boolean; "adjustments": Array<AdjustmentShown> }

export type RerateAsk = { "since": string; "until": string; "model"?: string; "provider"?: string; "prices"?: PricesAsk | null; "reason": string; "dry_run"?: boolean }

export type Rerates = { "items": Array<Rerate>; "next_cursor": string | null }

export type ResetAsk = { "cookies"?: boolean | null; "token": string; "new_password": string }

export type ResetGiven = { "token": string }

export type RestoreAsk = { "version": number }

export type Retention = { "requests"?: number | null; "findings"?: number | null; "audit"?: number | null }

export type RevealAnswer = { "values": Record<string, string>; "unknown": Array<string> }

export type RevealAsk = { "tokens": Array<string>; "reason": string; "conversation"?: string; "user"?: string; "key"?: string; "approval"?: string }

export type RevealShown = { "id": string; "at": string; "by": string; "conversation": string; "tokens": Array<string>; "told": Array<string>; "reason": string }

export type RevealsAnswer = { "items": Array<RevealShown>; "next_cursor"?: string | null }

export type RevokeAnswer = { "status": string; "jti": string | null; "subject": string | null; "before": string | null; "issuer": string }

export type RevokeAsk = { "jti"?: string | null; "subject"?: string | null; "before"?: string | null; "issuer"?: string; "expires_at"?: string | null }

export type RotateAsk = { "grace_s"?: number }

export type SavedShown = { "team": string; "model": string; "hits": number; "semantic_hits": number; "misses": number; "shadow_hits": number; "tokens_saved": number; "cost_saved": string; "time_saved_ms": number }

export type ScanAnswer = { "policy": string; "type": string; "pages": number; "characters": number; "pieces": Record<string, number>; "passed": boolean; "blocked": boolean; "message": string; "verdicts": Array<string>; "findings": Array<Record<string, unknown>>; "notes": Array<Record<string, unknown>>; "unread": Array<Record<string, unknown>>; "text": string; "copy_base64"?: string | null }

export type ScimRefusal = { "schemas": Array<string>; "status": string; "scimType"?: string | null; "detail": string }

export type SearchAsk = { "filter"?: string; "attributes"?: Array<string>; "excludedAttributes"?: Array<string>; "sortBy"?: string; "sortOrder"?: string; "startIndex"?: number; "count"?: number }

export type Sent = Record<string, unknown>

export type Series = { "since": string; "until": string; "grain": string; "by": string | null; "time_zone": string; "items": Array<At>; "next_cursor"?: string | null }

export type SessionShown = { "id": string; "created_at": string; "refreshed_at": string; "expires_at": string; "address": string; "agent": string; "current": boolean }

export type Sessions = { "items": Array<SessionShown>; "next_cursor"?: string | null }

export type Settings = { "currency"?: string | null; "time_zone"?: string | null; "locale"?: string | null; "passwords"?: boolean | null; "retention"?: Retention | null; "defaults"?: Defaults | null; "four_eyes"?: FourEyes | null }

export type Side = { "requests": number; "input_tokens": number; "cache_read_tokens": number; "cache_write_tokens": number; "output_tokens": number; "costs": Record<string, string> }

export type SignedIn = { "access_token": string; "token": string; "token_type": string; "expires_in": number; "refresh_token": string | null; "user": Me }

export type Split = { "since": string; "until": string; "by": string; "order": string; "items": Array<Named>; "next_cursor"?: string | null }

export type SsoAsk = { "name": string; "issuer": string; "client_id": string; "client_secret"?: string | null; "scopes"?: Array<string>; "claims"?: ClaimNames; "role_map"?: Array<GroupRow>; "default_role"?: ("admin" | "manager" | "user" | "viewer" | "auditor") | null; "create_users"?: boolean; "email_domains"?: Array<string>; "trust_email"?: boolean; "userinfo"?: boolean; "algorithm"?: string; "clock_skew_s"?: number; "enabled"?: boolean; "listed"?: boolean; "logout_url"?: string }

export type SsoConfig = { "items": Array<SsoShown>; "next_cursor"?: string | null }

export type SsoProvider = { "id": string; "name": string }

export type SsoProviders = { "items": Array<SsoProvider>; "first_run"?: boolean; "registration"?: boolean }

export type SsoRemoved = { "status": string }

export type SsoShown = { "id": string; "name": string; "issuer": string; "client_id": string; "has_secret": boolean; "scopes": Array<string>; "claims": ClaimNames; "role_map": Array<GroupRow>; "default_role": "admin" | "manager" | "user" | "viewer" | "auditor"; "create_users": boolean; "email_domains": Array<string>; "trust_email": boolean; "userinfo": boolean; "algorithm": string; "clock_skew_s": number; "enabled": boolean; "listed": boolean; "logout_url": string; "operators": boolean; "callback_url": string; "created_at": string; "updated_at": string; "version": number }

export type StandingAnswer = { "currency": string; "items": Array<StandingShown>; "next_cursor"?: string | null }

export type StandingShown = { "budget": string; "about": Record<string, string>; "per": string; "window": string; "limit": string; "spent": string; "held": string; "remaining": string; "hard": boolean; "starts_at": string; "resets_at": string }

export type StatsAnswer = { "enabled": boolean; "semantic": string; "store": string; "entries": number; "bytes": number; "complete": boolean; "hits": number; "semantic_hits": number; "misses": number; "hit_rate": number; "tokens_saved": number; "cost_saved": string; "currency": string; "time_saved_ms": number; "items": Array<SavedShown> }

export type Summary = { "period": Record<string, string>; "currency": string; "plan_version": number; "lines": Array<LineShown>; "usage": string; "net": string; "tax": string; "total": string; "active_users": number; "users": Array<Person>; "invoiced": Array<InvoiceShown> }

export type SummaryAnswer = { "since": string; "until": string; "total": number; "failed": number; "items": Array<Counted> }

export type Tax = { "name": string; "rate_bp": number }

export type TeamAsk = { "name": string; "id"?: string | null; "department"?: string }

export type TeamPut = { "name"?: string | null; "department"?: string | null }

export type TenantAsk = { "name": string; "id"?: string | null; "settings"?: Settings | null }

export type TenantPut = { "name"?: string | null; "status"?: ("active" | "suspended") | null; "settings"?: Settings | null; "version"?: number | null }

export type TenantSettings = { "currency": string; "time_zone": string; "locale": string }

export type TenantShown = { "id": string; "name": string; "status": "active" | "suspended"; "source": "stored" | "file"; "settings": Settings; "departments": number; "teams": number; "version": number; "created_at": string | null; "updated_at": string | null }

export type Tenants = { "items": Array<TenantShown>; "next_cursor": string | null }

export type TestAnswer = { "policy": string; "passed": boolean; "blocked": boolean; "message": string; "text": string; "verdicts": Array<string>; "findings": Array<Record<string, unknown>> }

export type TestAsk = { "text": string; "policy"?: string; "is_input"?: boolean }

export type TokenAsk = { "name": string; "expires_in_days"?: number | null }

export type TokenMade = { "id": string; "name": string; "created_by": string; "created_at": string; "expires_at": string | null; "last_used_at": string | null; "operators": boolean; "token": string; "base_url": string }

export type TokenShown = { "id": string; "name": string; "created_by": string; "created_at": string; "expires_at": string | null; "last_used_at": string | null; "operators": boolean }

export type Tokens = { "items": Array<TokenShown>; "next_cursor"?: string | null }

export type TrialAnswer = { "ok": boolean; "model": string; "latency_ms": number; "receipt_id": string; "code": string; "message": string }

export type TrialAsk = { "model"?: string }

export type TrialShape = { "model": string; "asked": string; "answered": string; "id": string; "similarity": number }

export type TrialsAnswer = { "items": Array<TrialShape> }

export type UserAsk = { "kind"?: "person" | "service"; "email"?: string | null; "name": string; "role"?: ("admin" | "manager" | "user" | "viewer" | "auditor" | "service") | null; "department"?: string; "team"?: string; "password"?: string | null; "attributes"?: Record<string, string> }

export type UserBill = { "user_id": string; "period": Record<string, string>; "currency": string; "lines": Array<LineShown>; "usage": string; "net": string }

export type UserDocument = Record<string, unknown>

export type UserPut = { "name"?: string | null; "email"?: string | null; "role"?: ("admin" | "manager" | "user" | "viewer" | "auditor" | "service") | null; "status"?: ("active" | "suspended") | null; "department"?: string | null; "team"?: string | null; "attributes"?: Record<string, string> | null; "version"?: number | null }

export type UserShown = { "id": string; "kind": string; "email": string; "name": string; "role": string; "status": string; "operator": boolean; "tenant": string; "department": string; "team": string; "attributes": Record<string, unknown>; "external_id": string; "created_at": string; "updated_at": string; "last_sign_in_at": string | null; "version": number }

export type UserUsage = { "user_id": string; "since": string; "until": string; "totals": Figures; "other_currencies": Array<Amount>; "latency": Latency; "models": Array<Named>; "days": Array<At> }

export type Users = { "items": Array<UserShown>; "next_cursor": string | null }

export type Variance = { "key": string; "provider": string; "model": string; "status": string; "theirs": Side | null; "ours": Side | null; "input_bp": number | null; "output_bp": number | null; "cost_bp": number | null }

export type VerifyAnswer = { "whole": boolean; "chains": Array<ChainProved> }

export type WhatIfAnswer = { "currency": string; "windows": number; "exceeded": number; "over": string; "items": Array<WindowShown> }

export type WhatIfAsk = { "scope": "tenant" | "department" | "team" | "user" | "key" | "model"; "match"?: string; "where"?: Record<string, string>; "limit": number | string; "per"?: string; "days"?: number }

export type WindowShown = { "subject": string; "window": string; "spent": string; "over": string; "used_up_on": string | null }

export type Operations = {
  "GET /admin/policy": { path: undefined; query: { "name"?: string }; body: undefined; answer: PolicyShown }
  "POST /admin/policy": { path: undefined; query: undefined; body: Record<string, unknown>; answer: PolicyShown }
  "PUT /admin/policy": { path: undefined; query: undefined; body: Record<string, unknown>; answer: PolicyShown }
  "GET /api/v1/admin/api-keys": { path: undefined; query: { "limit"?: number; "cursor"?: string; "user"?: string; "team"?: string; "environment"?: string }; body: undefined; answer: Keys }
  "POST /api/v1/admin/api-keys": { path: undefined; query: undefined; body: KeyAsk; answer: KeyMade }
  "POST /api/v1/admin/api-keys/report-leak": { path: undefined; query: undefined; body: LeakAsk; answer: Received }
  "GET /api/v1/admin/api-keys/{key_id}": { path: { "key_id": string }; query: undefined; body: undefined; answer: KeyShown }
  "PATCH /api/v1/admin/api-keys/{key_id}": { path: { "key_id": string }; query: undefined; body: KeyPatch; answer: KeyShown }
  "DELETE /api/v1/admin/api-keys/{key_id}": { path: { "key_id": string }; query: undefined; body: undefined; answer: KeyShown }
  "POST /api/v1/admin/api-keys/{key_id}/rotate": { path: { "key_id": string }; query: undefined; body: RotateAsk | null; answer: KeyMade }
  "GET /api/v1/admin/approvals": { path: undefined; query: { "status"?: string; "action"?: string; "limit"?: number; "cursor"?: string }; body: undefined; answer: ApprovalsAnswer }
  "GET /api/v1/admin/approvals/{approval_id}": { path: { "approval_id": string }; query: undefined; body: undefined; answer: ApprovalShown }
  "POST /api/v1/admin/approvals/{approval_id}/approve": { path: { "approval_id": string }; query: undefined; body: DecisionAsk; answer: ApprovalShown }
  "POST /api/v1/admin/approvals/{approval_id}/refuse": { path: { "approval_id": string }; query: undefined; body: DecisionAsk; answer: ApprovalShown }
  "POST /api/v1/admin/audit/erasures": { path: undefined; query: undefined; body: ErasureAsk; answer: ErasureAnswer }
  "POST /api/v1/admin/audit/export": { path: undefined; query: undefined; body: ExportAsk; answer: undefined }
  "GET /api/v1/admin/audit/legal-holds": { path: undefined; query: undefined; body: undefined; answer: HoldsAnswer }
  "POST /api/v1/admin/audit/legal-holds": { path: undefined; query: undefined; body: HoldAsk; answer: HoldShown }
  "DELETE /api/v1/admin/audit/legal-holds/{hold_id}": { path: { "hold_id": string }; query: undefined; body: undefined; answer: undefined }
  "GET /api/v1/admin/audit/logs": { path: undefined; query: { "limit"?: number; "cursor"?: string; "since"?: string | null; "until"?: string | null; "kind"?: string; "action"?: string; "outcome"?: string; "actor"?: string; "target"?: string }; body: undefined; answer: EntriesAnswer }
  "GET /api/v1/admin/audit/security-events": { path: undefined; query: { "limit"?: number; "cursor"?: string; "since"?: string | null; "until"?: string | null }; body: undefined; answer: EntriesAnswer }
  "GET /api/v1/admin/audit/summary": { path: undefined; query: { "since"?: string | null; "until"?: string | null }; body: undefined; answer: SummaryAnswer }
  "GET /api/v1/admin/audit/verify": { path: undefined; query: undefined; body: undefined; answer: VerifyAnswer }
  "GET /api/v1/admin/auth/invitations": { path: undefined; query: undefined; body: undefined; answer: Invitations }
  "POST /api/v1/admin/auth/invitations": { path: undefined; query: undefined; body: InviteAsk; answer: Invited }
  "POST /api/v1/admin/auth/invitations/accept": { path: undefined; query: undefined; body: AcceptAsk; answer: SignedIn }
  "DELETE /api/v1/admin/auth/invitations/{invitation_id}": { path: { "invitation_id": string }; query: undefined; body: undefined; answer: Done }
  "POST /api/v1/admin/auth/login": { path: undefined; query: undefined; body: LoginAsk; answer: SignedIn }
  "POST /api/v1/admin/auth/logout": { path: undefined; query: undefined; body: LogoutAsk | null; answer: Done }
  "GET /api/v1/admin/auth/me": { path: undefined; query: undefined; body: undefined; answer: Me }
  "POST /api/v1/admin/auth/password": { path: undefined; query: undefined; body: PasswordAsk; answer: Done }
  "POST /api/v1/admin/auth/password/forgot": { path: undefined; query: undefined; body: ForgotAsk; answer: Done }
  "POST /api/v1/admin/auth/password/reset": { path: undefined; query: undefined; body: ResetAsk; answer: SignedIn }
  "POST /api/v1/admin/auth/refresh": { path: undefined; query: undefined; body: RefreshAsk | null; answer: SignedIn }
  "POST /api/v1/admin/auth/register": { path: undefined; query: undefined; body: RegisterAsk; answer: SignedIn }
  "GET /api/v1/admin/auth/sessions": { path: undefined; query: undefined; body: undefined; answer: Sessions }
  "DELETE /api/v1/admin/auth/sessions/{session_id}": { path: { "session_id": string }; query: undefined; body: undefined; answer: Done }
  "GET /api/v1/admin/auth/sso/callback": { path: undefined; query: { "code"?: string; "state"?: string; "iss"?: string; "error"?: string }; body: undefined; answer: SignedIn }
  "POST /api/v1/admin/auth/sso/initiate": { path: undefined; query: undefined; body: InitiateAsk; answer: Initiated }
  "GET /api/v1/admin/auth/sso/providers": { path: undefined; query: { "tenant"?: string }; body: undefined; answer: SsoProviders }
  "GET /api/v1/admin/billing/adjustments": { path: undefined; query: { "rerate_id"?: string; "limit"?: number; "cursor"?: string; "format"?: ("json" | "csv") | null }; body: undefined; answer: Adjustments }
  "GET /api/v1/admin/billing/export/csv": { path: undefined; query: { "since"?: string | null; "until"?: string | null; "format"?: ("json" | "csv") | null }; body: undefined; answer: Blob }
  "GET /api/v1/admin/billing/forecast": { path: undefined; query: { "format"?: ("json" | "csv") | null }; body: undefined; answer: ForecastShown }
  "POST /api/v1/admin/billing/invoice": { path: undefined; query: undefined; body: InvoiceAsk; answer: InvoiceInFull }
  "GET /api/v1/admin/billing/invoices": { path: undefined; query: { "limit"?: number; "cursor"?: string; "format"?: ("json" | "csv") | null }; body: undefined; answer: Invoices }
  "GET /api/v1/admin/billing/invoices/{invoice_id}": { path: { "invoice_id": string }; query: undefined; body: undefined; answer: InvoiceInFull }
  "DELETE /api/v1/admin/billing/invoices/{invoice_id}": { path: { "invoice_id": string }; query: undefined; body: undefined; answer: undefined }
  "GET /api/v1/admin/billing/invoices/{invoice_id}.pdf": { path: { "invoice_id": string }; query: undefined; body: undefined; answer: Blob }
  "POST /api/v1/admin/billing/invoices/{invoice_id}/credit": { path: { "invoice_id": string }; query: undefined; body: CreditAsk; answer: InvoiceInFull }
  "POST /api/v1/admin/billing/invoices/{invoice_id}/issue": { path: { "invoice_id": string }; query: undefined; body: undefined; answer: InvoiceInFull }
  "GET /api/v1/admin/billing/plan": { path: undefined; query: undefined; body: undefined; answer: PlanShown }
  "PUT /api/v1/admin/billing/plan": { path: undefined; query: undefined; body: PlanAsk; answer: PlanShown }
  "POST /api/v1/admin/billing/reconcile": { path: undefined; query: undefined; body: ReconcileAsk; answer: Reconciliation }
  "GET /api/v1/admin/billing/reconciliations": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Reconciliations }
  "GET /api/v1/admin/billing/reconciliations/{reconciliation_id}": { path: { "reconciliation_id": string }; query: undefined; body: undefined; answer: Reconciliation }
  "POST /api/v1/admin/billing/rerate": { path: undefined; query: undefined; body: RerateAsk; answer: RerateAnswer }
  "GET /api/v1/admin/billing/rerates": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Rerates }
  "GET /api/v1/admin/billing/summary": { path: undefined; query: { "since"?: string | null; "until"?: string | null; "format"?: ("json" | "csv") | null }; body: undefined; answer: Summary }
  "GET /api/v1/admin/billing/user/{user_id}": { path: { "user_id": string }; query: { "since"?: string | null; "until"?: string | null; "format"?: ("json" | "csv") | null }; body: undefined; answer: UserBill }
  "GET /api/v1/admin/budgets": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "POST /api/v1/admin/budgets": { path: undefined; query: { "own"?: boolean }; body: NamedAsk; answer: ObjectShown }
  "GET /api/v1/admin/budgets/status": { path: undefined; query: undefined; body: undefined; answer: StandingAnswer }
  "POST /api/v1/admin/budgets/what-if": { path: undefined; query: undefined; body: WhatIfAsk; answer: WhatIfAnswer }
  "GET /api/v1/admin/budgets/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/budgets/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "PATCH /api/v1/admin/budgets/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "DELETE /api/v1/admin/budgets/{name}": { path: { "name": string }; query: { "version"?: number | null; "own"?: boolean }; body: undefined; answer: ObjectShown }
  "POST /api/v1/admin/budgets/{name}/restore": { path: { "name": string }; query: { "own"?: boolean }; body: RestoreAsk; answer: ObjectShown }
  "GET /api/v1/admin/budgets/{name}/versions": { path: { "name": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "DELETE /api/v1/admin/cache": { path: undefined; query: { "model"?: string; "older_than_s"?: number | null; "id"?: string | null }; body: undefined; answer: ClearedAnswer }
  "POST /api/v1/admin/cache/feedback": { path: undefined; query: undefined; body: FeedbackAsk; answer: FeedbackAnswer }
  "GET /api/v1/admin/cache/stats": { path: undefined; query: { "days"?: number | null }; body: undefined; answer: StatsAnswer }
  "GET /api/v1/admin/cache/trials": { path: undefined; query: undefined; body: undefined; answer: TrialsAnswer }
  "GET /api/v1/admin/config": { path: undefined; query: undefined; body: undefined; answer: Record<string, unknown> }
  "POST /api/v1/admin/config/apply": { path: undefined; query: undefined; body: ApplyAsk; answer: ApplyAnswer }
  "GET /api/v1/admin/config/diff": { path: undefined; query: undefined; body: undefined; answer: DiffAnswer }
  "GET /api/v1/admin/config/export": { path: undefined; query: undefined; body: undefined; answer: Blob }
  "POST /api/v1/admin/config/reload": { path: undefined; query: undefined; body: undefined; answer: ReloadAnswer }
  "GET /api/v1/admin/departments": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Groups }
  "POST /api/v1/admin/departments": { path: undefined; query: undefined; body: DepartmentAsk; answer: GroupShown }
  "GET /api/v1/admin/departments/{department_id}": { path: { "department_id": string }; query: undefined; body: undefined; answer: GroupShown }
  "PUT /api/v1/admin/departments/{department_id}": { path: { "department_id": string }; query: undefined; body: GroupPut; answer: GroupShown }
  "DELETE /api/v1/admin/departments/{department_id}": { path: { "department_id": string }; query: { "cascade"?: boolean }; body: undefined; answer: Removed }
  "GET /api/v1/admin/departments/{department_id}/members": { path: { "department_id": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Members }
  "PUT /api/v1/admin/departments/{department_id}/members/{user_id}": { path: { "department_id": string; "user_id": string }; query: undefined; body: MemberAsk; answer: MemberShown }
  "DELETE /api/v1/admin/departments/{department_id}/members/{user_id}": { path: { "department_id": string; "user_id": string }; query: undefined; body: undefined; answer: Removed }
  "GET /api/v1/admin/features/status": { path: undefined; query: undefined; body: undefined; answer: FeaturesAnswer }
  "POST /api/v1/admin/files/scan": { path: undefined; query: undefined; body: FormData; answer: ScanAnswer }
  "GET /api/v1/admin/guardrails": { path: undefined; query: undefined; body: undefined; answer: GuardrailsAnswer }
  "GET /api/v1/admin/guardrails/bfsi": { path: undefined; query: undefined; body: undefined; answer: PacksAnswer }
  "GET /api/v1/admin/guardrails/findings": { path: undefined; query: { "limit"?: number; "cursor"?: string; "guardrail"?: string; "kind"?: string }; body: undefined; answer: FindingsAnswer }
  "GET /api/v1/admin/guardrails/policies": { path: undefined; query: undefined; body: undefined; answer: PacksAnswer }
  "GET /api/v1/admin/guardrails/policy": { path: undefined; query: { "name"?: string }; body: undefined; answer: PolicyShown }
  "PUT /api/v1/admin/guardrails/policy": { path: undefined; query: undefined; body: Record<string, unknown>; answer: PolicyShown }
  "POST /api/v1/admin/guardrails/reveal": { path: undefined; query: undefined; body: RevealAsk; answer: RevealAnswer }
  "GET /api/v1/admin/guardrails/reveals": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: RevealsAnswer }
  "POST /api/v1/admin/guardrails/test": { path: undefined; query: undefined; body: TestAsk; answer: TestAnswer }
  "POST /api/v1/admin/guardrails/test-file": { path: undefined; query: undefined; body: FormData; answer: ScanAnswer }
  "GET /api/v1/admin/limits": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "POST /api/v1/admin/limits": { path: undefined; query: { "own"?: boolean }; body: NamedAsk; answer: ObjectShown }
  "GET /api/v1/admin/limits/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/limits/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "PATCH /api/v1/admin/limits/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "DELETE /api/v1/admin/limits/{name}": { path: { "name": string }; query: { "version"?: number | null; "own"?: boolean }; body: undefined; answer: ObjectShown }
  "POST /api/v1/admin/limits/{name}/restore": { path: { "name": string }; query: { "own"?: boolean }; body: RestoreAsk; answer: ObjectShown }
  "GET /api/v1/admin/limits/{name}/versions": { path: { "name": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/models": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "POST /api/v1/admin/models": { path: undefined; query: { "own"?: boolean }; body: NamedAsk; answer: ObjectShown }
  "GET /api/v1/admin/models/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/models/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "PATCH /api/v1/admin/models/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "DELETE /api/v1/admin/models/{name}": { path: { "name": string }; query: { "version"?: number | null; "own"?: boolean }; body: undefined; answer: ObjectShown }
  "GET /api/v1/admin/models/{name}/prices": { path: { "name": string }; query: undefined; body: undefined; answer: PricesAnswer }
  "POST /api/v1/admin/models/{name}/restore": { path: { "name": string }; query: { "own"?: boolean }; body: RestoreAsk; answer: ObjectShown }
  "GET /api/v1/admin/models/{name}/versions": { path: { "name": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/objects/{kind}": { path: { "kind": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/objects/{kind}/{name}": { path: { "kind": string; "name": string }; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/objects/{kind}/{name}": { path: { "kind": string; "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "DELETE /api/v1/admin/objects/{kind}/{name}": { path: { "kind": string; "name": string }; query: { "own"?: boolean }; body: undefined; answer: ObjectShown }
  "POST /api/v1/admin/objects/{kind}/{name}/restore": { path: { "kind": string; "name": string }; query: { "own"?: boolean }; body: RestoreAsk; answer: ObjectShown }
  "GET /api/v1/admin/objects/{kind}/{name}/versions": { path: { "kind": string; "name": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/policies": { path: undefined; query: undefined; body: undefined; answer: PoliciesAnswer }
  "PUT /api/v1/admin/policies": { path: undefined; query: undefined; body: NamedPolicyAsk; answer: PolicyShown }
  "POST /api/v1/admin/policies/dry-run": { path: undefined; query: undefined; body: DryRunAsk; answer: DryRunAnswer }
  "GET /api/v1/admin/policies/effective": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string }; body: undefined; answer: EffectiveAnswer }
  "GET /api/v1/admin/policies/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: PolicyShown }
  "PUT /api/v1/admin/policies/{name}": { path: { "name": string }; query: undefined; body: PolicyAsk; answer: PolicyShown }
  "DELETE /api/v1/admin/policies/{name}": { path: { "name": string }; query: { "version"?: number | null }; body: undefined; answer: PolicyShown }
  "GET /api/v1/admin/policies/{name}/versions": { path: { "name": string }; query: undefined; body: undefined; answer: PoliciesAnswer }
  "GET /api/v1/admin/prices": { path: undefined; query: undefined; body: undefined; answer: PricesAnswer }
  "GET /api/v1/admin/prices/catalogue": { path: undefined; query: { "provider": string; "limit"?: number; "cursor"?: string }; body: undefined; answer: ListedAnswer }
  "GET /api/v1/admin/providers": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "POST /api/v1/admin/providers": { path: undefined; query: { "own"?: boolean }; body: NamedAsk; answer: ObjectShown }
  "GET /api/v1/admin/providers/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/providers/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "PATCH /api/v1/admin/providers/{name}": { path: { "name": string }; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "DELETE /api/v1/admin/providers/{name}": { path: { "name": string }; query: { "version"?: number | null; "own"?: boolean }; body: undefined; answer: ObjectShown }
  "POST /api/v1/admin/providers/{name}/restore": { path: { "name": string }; query: { "own"?: boolean }; body: RestoreAsk; answer: ObjectShown }
  "POST /api/v1/admin/providers/{name}/test": { path: { "name": string }; query: undefined; body: TrialAsk; answer: TrialAnswer }
  "GET /api/v1/admin/providers/{name}/versions": { path: { "name": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/routing": { path: undefined; query: undefined; body: undefined; answer: ObjectShown }
  "PUT /api/v1/admin/routing": { path: undefined; query: { "own"?: boolean }; body: ObjectAsk; answer: ObjectShown }
  "POST /api/v1/admin/routing/explain": { path: undefined; query: undefined; body: ExplainAsk; answer: ExplainAnswer }
  "GET /api/v1/admin/routing/versions": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: ObjectsAnswer }
  "GET /api/v1/admin/sso/config": { path: undefined; query: { "provider"?: string }; body: undefined; answer: SsoConfig }
  "POST /api/v1/admin/sso/config": { path: undefined; query: undefined; body: SsoAsk; answer: SsoShown }
  "PUT /api/v1/admin/sso/config": { path: undefined; query: { "provider"?: string }; body: SsoAsk; answer: SsoShown }
  "DELETE /api/v1/admin/sso/config": { path: undefined; query: { "provider"?: string }; body: undefined; answer: SsoRemoved }
  "POST /api/v1/admin/sso/discover": { path: undefined; query: undefined; body: DiscoverAsk; answer: Discovered }
  "GET /api/v1/admin/sso/scim-tokens": { path: undefined; query: undefined; body: undefined; answer: Tokens }
  "POST /api/v1/admin/sso/scim-tokens": { path: undefined; query: undefined; body: TokenAsk; answer: TokenMade }
  "DELETE /api/v1/admin/sso/scim-tokens/{token_id}": { path: { "token_id": string }; query: undefined; body: undefined; answer: SsoRemoved }
  "GET /api/v1/admin/system/info": { path: undefined; query: undefined; body: undefined; answer: Record<string, unknown> }
  "GET /api/v1/admin/teams": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Groups }
  "POST /api/v1/admin/teams": { path: undefined; query: undefined; body: TeamAsk; answer: GroupShown }
  "GET /api/v1/admin/teams/{team_id}": { path: { "team_id": string }; query: undefined; body: undefined; answer: GroupShown }
  "PUT /api/v1/admin/teams/{team_id}": { path: { "team_id": string }; query: undefined; body: TeamPut; answer: GroupShown }
  "DELETE /api/v1/admin/teams/{team_id}": { path: { "team_id": string }; query: { "cascade"?: boolean }; body: undefined; answer: Removed }
  "GET /api/v1/admin/teams/{team_id}/members": { path: { "team_id": string }; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Members }
  "PUT /api/v1/admin/teams/{team_id}/members/{user_id}": { path: { "team_id": string; "user_id": string }; query: undefined; body: MemberAsk; answer: MemberShown }
  "DELETE /api/v1/admin/teams/{team_id}/members/{user_id}": { path: { "team_id": string; "user_id": string }; query: undefined; body: undefined; answer: Removed }
  "GET /api/v1/admin/tenants": { path: undefined; query: { "limit"?: number; "cursor"?: string }; body: undefined; answer: Tenants }
  "POST /api/v1/admin/tenants": { path: undefined; query: undefined; body: TenantAsk; answer: TenantShown }
  "GET /api/v1/admin/tenants/{tenant_id}": { path: { "tenant_id": string }; query: undefined; body: undefined; answer: TenantShown }
  "PUT /api/v1/admin/tenants/{tenant_id}": { path: { "tenant_id": string }; query: undefined; body: TenantPut; answer: TenantShown }
  "DELETE /api/v1/admin/tenants/{tenant_id}": { path: { "tenant_id": string }; query: { "cascade"?: boolean }; body: undefined; answer: Removed }
  "POST /api/v1/admin/tokens/revoke": { path: undefined; query: undefined; body: RevokeAsk; answer: RevokeAnswer }
  "GET /api/v1/admin/usage/by/{dimension}": { path: { "dimension": "department" | "team" | "user" | "key" | "model" | "provider" }; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null; "order"?: "cost" | "requests" | "errors" | "tokens" | "latency"; "limit"?: number }; body: undefined; answer: Split }
  "GET /api/v1/admin/usage/dashboard": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null }; body: undefined; answer: Dashboard }
  "GET /api/v1/admin/usage/hourly": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null }; body: undefined; answer: Hours }
  "GET /api/v1/admin/usage/requests": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null; "status"?: number | null; "ending"?: string; "error_code"?: string; "cache"?: "" | "hit" | "semantic-hit" | "miss" | "bypass"; "request_id"?: string; "limit"?: number; "cursor"?: string }; body: undefined; answer: Log }
  "GET /api/v1/admin/usage/requests/{request_id}": { path: { "request_id": string }; query: undefined; body: undefined; answer: Details }
  "GET /api/v1/admin/usage/tail": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null }; body: undefined; answer: Blob }
  "GET /api/v1/admin/usage/timeseries": { path: undefined; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null; "by"?: ("department" | "team" | "user" | "key" | "model" | "provider") | null; "limit"?: number }; body: undefined; answer: Series }
  "GET /api/v1/admin/users": { path: undefined; query: { "limit"?: number; "cursor"?: string; "q"?: string; "kind"?: "" | "person" | "service"; "role"?: "" | "admin" | "manager" | "user" | "viewer" | "auditor" | "service"; "status"?: "" | "active" | "suspended" | "invited"; "department"?: string; "team"?: string }; body: undefined; answer: Users }
  "POST /api/v1/admin/users": { path: undefined; query: undefined; body: UserAsk; answer: UserShown }
  "GET /api/v1/admin/users/{user_id}": { path: { "user_id": string }; query: undefined; body: undefined; answer: UserShown }
  "PUT /api/v1/admin/users/{user_id}": { path: { "user_id": string }; query: undefined; body: UserPut; answer: UserShown }
  "DELETE /api/v1/admin/users/{user_id}": { path: { "user_id": string }; query: { "cascade"?: boolean }; body: undefined; answer: Removed }
  "GET /api/v1/admin/users/{user_id}/grants": { path: { "user_id": string }; query: undefined; body: undefined; answer: Grants }
  "POST /api/v1/admin/users/{user_id}/grants": { path: { "user_id": string }; query: undefined; body: GrantAsk; answer: GrantShown }
  "DELETE /api/v1/admin/users/{user_id}/grants/{grant_id}": { path: { "user_id": string; "grant_id": string }; query: undefined; body: undefined; answer: Removed }
  "GET /api/v1/admin/users/{user_id}/identities": { path: { "user_id": string }; query: undefined; body: undefined; answer: Identities }
  "DELETE /api/v1/admin/users/{user_id}/identities/{provider}": { path: { "user_id": string; "provider": string }; query: undefined; body: undefined; answer: Removed }
  "POST /api/v1/admin/users/{user_id}/password-reset": { path: { "user_id": string }; query: undefined; body: undefined; answer: ResetGiven }
  "DELETE /api/v1/admin/users/{user_id}/sessions": { path: { "user_id": string }; query: undefined; body: undefined; answer: Done }
  "GET /api/v1/admin/users/{user_id}/usage": { path: { "user_id": string }; query: { "department"?: string; "team"?: string; "user"?: string; "key"?: string; "model"?: string; "provider"?: string; "format"?: ("json" | "csv") | null; "since"?: string | null; "until"?: string | null; "grain"?: ("hour" | "day") | null }; body: undefined; answer: UserUsage }
  "POST /scim/v2/.search": { path: undefined; query: undefined; body: Blob; answer: Blob }
  "GET /scim/v2/Groups": { path: undefined; query: { "filter"?: string; "startIndex"?: number; "count"?: number; "sortBy"?: string; "sortOrder"?: string; "attributes"?: string; "excludedAttributes"?: string }; body: undefined; answer: Blob }
  "POST /scim/v2/Groups": { path: undefined; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "POST /scim/v2/Groups/.search": { path: undefined; query: undefined; body: Blob; answer: Blob }
  "GET /scim/v2/Groups/{group_id}": { path: { "group_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: undefined; answer: Blob }
  "PUT /scim/v2/Groups/{group_id}": { path: { "group_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "PATCH /scim/v2/Groups/{group_id}": { path: { "group_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "DELETE /scim/v2/Groups/{group_id}": { path: { "group_id": string }; query: undefined; body: undefined; answer: undefined }
  "GET /scim/v2/ResourceTypes": { path: undefined; query: undefined; body: undefined; answer: Blob }
  "GET /scim/v2/ResourceTypes/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: Blob }
  "GET /scim/v2/Schemas": { path: undefined; query: undefined; body: undefined; answer: Blob }
  "GET /scim/v2/Schemas/{name}": { path: { "name": string }; query: undefined; body: undefined; answer: Blob }
  "GET /scim/v2/ServiceProviderConfig": { path: undefined; query: undefined; body: undefined; answer: Blob }
  "GET /scim/v2/Users": { path: undefined; query: { "filter"?: string; "startIndex"?: number; "count"?: number; "sortBy"?: string; "sortOrder"?: string; "attributes"?: string; "excludedAttributes"?: string }; body: undefined; answer: Blob }
  "POST /scim/v2/Users": { path: undefined; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "POST /scim/v2/Users/.search": { path: undefined; query: undefined; body: Blob; answer: Blob }
  "GET /scim/v2/Users/{user_id}": { path: { "user_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: undefined; answer: Blob }
  "PUT /scim/v2/Users/{user_id}": { path: { "user_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "PATCH /scim/v2/Users/{user_id}": { path: { "user_id": string }; query: { "attributes"?: string; "excludedAttributes"?: string }; body: Blob; answer: Blob }
  "DELETE /scim/v2/Users/{user_id}": { path: { "user_id": string }; query: undefined; body: undefined; answer: undefined }
}
