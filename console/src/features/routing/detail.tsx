import { type FormEvent, useState } from "react"
import { type Stored, useObjectCalls } from "@/client/objects.ts"
import { credentialsOf, limitsOf, text, useConditions, useProviders, useTrial } from "@/features/routing/data.ts"
import { BreakerState } from "@/features/routing/health.tsx"
import { providerSchema } from "@/features/routing/schema.ts"
import { strings } from "@/features/routing/strings.ts"
import { duration, number } from "@/shared/format/numbers.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { StoredRest } from "@/shared/stored/rest.tsx"

const { facts, trial } = strings

export function ProviderDrawer({ name, onClose }: { name: string; onClose: () => void }) {
  const providers = useProviders()
  const found = providers.data?.find((row) => row.name === name)
  return (
    <Drawer open={name !== ""} onClose={onClose} title={name || strings.detail}>
      {found ? <Detail key={`${found.name} ${found.version}`} row={found} onClose={onClose} /> : providers.isPending ? <Skeleton className="h-40 w-full" /> : <EmptyState title={strings.noMatch} />}
    </Drawer>
  )
}

function Detail({ row, onClose }: { row: Stored; onClose: () => void }) {
  const calls = useObjectCalls("providers")
  const isOperator = useMay("objects.operate")
  const mayTry = useMay("providers.write") || isOperator
  const served = (useConditions().data ?? []).filter((one) => one.provider === row.name)
  const document = row.document ?? {}
  const limits = limitsOf(document.timeout_s)
  return (
    <div className="grid gap-5">
      <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />
      <Facts
        facts={[
          [facts.kind, text(document.kind)],
          text(document.base_url) !== "" && [facts.address, <span key="address" className="break-all">{text(document.base_url)}</span>],
          [strings.columns.credentials, credentialsOf(row) ? strings.credentials(credentialsOf(row)) : strings.none],
          limits.length > 0 && [facts.timeout, limits.map(([what, count]) => facts.seconds(what, number(count))).join(", ")],
          [facts.tenant, row.tenant || strings.everybody],
        ]}
      />
      <Section title={strings.healthOf}>
        {served.length === 0 ? <p className="text-sm text-quiet">{strings.noDeployment}</p> : (
          <ul className="grid text-sm">
            {served.map((one) => (
              <li key={one.model} className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t py-2 first:border-t-0">
                <span className="min-w-40 flex-1 font-medium break-all">{one.model}</span>
                <BreakerState one={one} />
                <span className="text-quiet">{duration(one.latencyMs)}</span>
              </li>
            ))}
          </ul>
        )}
      </Section>
      {mayTry && <Trial name={row.name} />}
      <StoredRest row={row} calls={calls} schema={providerSchema(text(document.kind))} onGone={onClose} />
    </div>
  )
}

function Trial({ name }: { name: string }) {
  const run = useTrial(name)
  const [model, setModel] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    run.mutate(model)
  }
  return (
    <Section title={trial.title}>
      <p className="text-sm text-quiet">{trial.text}</p>
      <form className="flex flex-wrap items-end gap-2 max-md:*:w-full" onSubmit={submit}>
        <div className="min-w-0 flex-1"><TextField label={trial.model} optional placeholder={trial.modelHint} spellCheck={false} value={model} onChange={(event) => setModel(event.target.value)} /></div>
        <Button type="submit" busy={run.isPending}>{trial.run}</Button>
      </form>
      {run.error && <ErrorState error={run.error} compact />}
      {run.data && (
        <div role="status" className={run.data.ok ? "rounded-lg bg-good-soft p-3 text-sm" : "rounded-lg bg-bad-soft p-3 text-sm"}>
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">{run.data.ok ? trial.ok(duration(run.data.latency_ms)) : trial.failed} {run.data.code && <Badge tone="bad">{run.data.code}</Badge>}</p>
          {run.data.message && <p>{run.data.message}</p>}
          {!run.data.ok && trial.remedies[run.data.code] && <p>{trial.remedies[run.data.code]}</p>}
          <p className="mt-1 text-xs break-all">{run.data.model} · {trial.receipt} <code className="font-mono">{run.data.receipt_id}</code></p>
        </div>
      )}
    </Section>
  )
}
