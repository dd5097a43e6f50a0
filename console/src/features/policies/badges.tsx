import type { Policy } from "@/features/policies/data.ts"
import { strings } from "@/features/policies/strings.ts"
import { Badge } from "@/shared/parts/small.tsx"

export function isTrial(policy: Policy): boolean {
  return policy.document?.shadow === true
}

export function StateBadge({ policy }: { policy: Policy }) {
  return isTrial(policy) ? <Badge tone="warn">{strings.onTrial}</Badge> : <Badge tone="good">{strings.inForce}</Badge>
}

export function SourceBadge({ source }: { source: string }) {
  return <Badge tone={source === "stored" ? "accent" : "plain"} title={strings.sourceHints[source] ?? ""}>{strings.sources[source] ?? source}</Badge>
}
