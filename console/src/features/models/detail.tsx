import { Link } from "@tanstack/react-router"
import { useObjectCalls, type Stored } from "@/client/objects.ts"
import { type Deployment, deploymentsOf, type Price, priceOf, textOf, useModels, usePrices } from "@/features/models/data.ts"
import { sourceText } from "@/features/models/prices.tsx"
import { strings } from "@/features/models/strings.ts"
import type { Schema } from "@/shared/form/schema.ts"
import { money, number } from "@/shared/format/numbers.ts"
import { Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { Badge } from "@/shared/parts/small.tsx"
import { EmptyState, Skeleton } from "@/shared/parts/states.tsx"
import { useMay } from "@/shared/session.ts"
import { SourceBadge } from "@/shared/stored/actions.tsx"
import { StoredRest } from "@/shared/stored/rest.tsx"

const { facts } = strings

export function ModelDrawer({ name, schema, onClose }: { name: string; schema: Schema; onClose: () => void }) {
  const models = useModels()
  const found = models.data?.find((row) => row.name === name)
  return (
    <Drawer open={name !== ""} onClose={onClose} title={name || strings.detail}>
      {found ? <Detail key={`${found.name} ${found.version}`} row={found} schema={schema} onClose={onClose} /> : models.isPending ? <Skeleton className="h-40 w-full" /> : <EmptyState title={strings.noMatch} />}
    </Drawer>
  )
}

function Detail({ row, schema, onClose }: { row: Stored; schema: Schema; onClose: () => void }) {
  const calls = useObjectCalls("models")
  const mayRequests = useMay("requests.read")
  const prices = (usePrices().data ?? []).filter((one) => one.model === row.name)
  const document = row.document ?? {}
  const listed = (name: string) => (Array.isArray(document[name]) ? document[name].join(", ") : "")
  const tokens = (name: string) => (typeof document[name] === "number" ? facts.tokens(number(document[name])) : "")
  const link = "touch inline-flex w-fit items-center text-sm font-medium text-accent hover:underline"
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <SourceBadge source={row.source} beneath={row.edited_beneath ?? false} />
        {row.tenant && <Badge tone="info">{row.tenant}</Badge>}
        <span className="grow" />
        <Link to={"/playground" as string} className={link}>{strings.toPlayground}</Link>
        {mayRequests && <Link to={"/requests" as string} search={{ model: row.name, range: "30d" } as never} className={link}>{strings.toRequests}</Link>}
      </div>
      <Facts
        facts={[
          [facts.order, textOf(document.strategy) || "priority"],
          listed("fallbacks") !== "" && [facts.fallbacks, listed("fallbacks")],
          listed("capabilities") !== "" && [facts.can, listed("capabilities")],
          tokens("context_tokens") !== "" && [facts.context, tokens("context_tokens")],
          tokens("max_output_tokens") !== "" && [facts.longest, tokens("max_output_tokens")],
        ]}
      />
      <Section title={strings.deployments}>
        <ul className="grid gap-2">
          {deploymentsOf(row).map((one, place) => <Served key={place} one={one} price={prices.find((price) => price.provider === one.provider && price.upstream_model === one.model)} />)}
        </ul>
      </Section>
      <StoredRest row={row} calls={calls} schema={schema} onGone={onClose} />
    </div>
  )
}

function Served({ one, price }: { one: Deployment; price: Price | undefined }) {
  const known = price?.prices
  return (
    <li className="grid gap-1 rounded-lg border p-3 text-sm">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium break-all">{one.provider} <span className="font-normal text-quiet">{one.model}</span></span>
        {one.priority !== null && <Badge>{strings.priority(one.priority)}</Badge>}
        {one.weight !== null && <Badge>{strings.weight(one.weight)}</Badge>}
        {one.region && <Badge>{one.region}</Badge>}
      </div>
      {known ? (
        <>
          <p className="figures flex flex-wrap gap-x-4">
            {Object.entries(strings.kinds).map(([kind, label]) => priceOf(known, kind) !== undefined && <span key={kind}><strong>{money(priceOf(known, kind), textOf(known.currency) || undefined)}</strong> <span className="text-quiet">{label}</span></span>)}
          </p>
          <p className="text-quiet">{strings.columns.priceSource}: {sourceText(textOf(known.source))}</p>
        </>
      ) : <p><Badge tone="warn">{strings.noPrice}</Badge> <span className="text-quiet">{strings.noPriceHint}</span></p>}
    </li>
  )
}
