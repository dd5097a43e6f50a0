import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { formOf, linksOf, type Provider, useDiscover, useProviderActions, useProviders } from "@/features/access/data.ts"
import { ProviderForm } from "@/features/access/form.tsx"
import { StateBadge } from "@/features/access/providers.tsx"
import { Said } from "@/features/access/said.tsx"
import { strings } from "@/features/access/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { Badge, CodeBlock } from "@/shared/parts/small.tsx"
import { EmptyState, ErrorState, Skeleton } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay, useUser } from "@/shared/session.ts"

const { facts } = strings

export function ProviderDrawer({ id, onClose }: { id: string; onClose: () => void }) {
  const providers = useProviders()
  const found = providers.data?.find((one) => one.id === id)
  return (
    <Drawer open={id !== ""} onClose={onClose} title={found?.name ?? strings.detail}>
      {found ? <Detail key={`${found.id} ${found.version}`} found={found} onClose={onClose} /> : providers.isPending ? <Skeleton className="h-40 w-full" /> : <EmptyState />}
    </Drawer>
  )
}

function Detail({ found, onClose }: { found: Provider; onClose: () => void }) {
  const mayWrite = useMay("sso.write")
  const user = useUser()
  const links = linksOf(window.location.origin, user?.tenant ?? "", found.id)
  const claims = Object.entries(found.claims).filter(([, name]) => name !== "").map(([what, name]) => `${what}: ${name}`).join(", ")
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <div className="flex flex-wrap gap-2"><StateBadge isOn={found.enabled} />{found.listed && <Badge>{strings.listedHint}</Badge>}</div>
      <Section title={strings.callback}>
        <p className="text-sm text-quiet">{strings.callbackHint}</p>
        <CodeBlock wrap label={strings.callback} code={found.callback_url} />
      </Section>
      {found.enabled && (
        <Section title={strings.begin}>
          <p className="text-sm text-quiet">{strings.beginHint}</p>
          <CodeBlock wrap label={strings.begin} code={links.begin} />
          <p className="text-sm font-medium">{strings.signInPage}</p>
          <CodeBlock wrap label={strings.signInPage} code={links.page} />
        </Section>
      )}
      <Section title={strings.map}><GroupRows found={found} /></Section>
      <Section title={strings.detail}>
        <Facts
          facts={[
            [facts.issuer, <span key="issuer" className="break-all">{found.issuer}</span>],
            [facts.client, <span key="client" className="break-all">{found.client_id}</span>],
            [facts.secret, found.has_secret ? strings.hasSecret : strings.noSecret],
            [facts.scopes, found.scopes.join(", ")],
            [facts.role, strings.roles[found.default_role] ?? found.default_role],
            [facts.newcomers, found.create_users ? strings.comeIn : strings.stayOut],
            [facts.domains, [found.email_domains.join(", ") || strings.everyDomain, found.trust_email && strings.trusted].filter(Boolean).join("; ")],
            [facts.claims, claims],
            [facts.algorithm, found.algorithm || strings.byDiscovery],
            [facts.skew, strings.seconds(found.clock_skew_s)],
            found.logout_url !== "" && [facts.logout, <span key="logout" className="break-all">{found.logout_url}</span>],
            found.operators && [facts.operators, strings.operatorsMay],
            [facts.changed, dateTime(found.updated_at)],
          ]}
        />
      </Section>
      {mayWrite && <Actions found={found} onGone={onClose} />}
    </div>
  )
}

function GroupRows({ found }: { found: Provider }) {
  const teams = useDirectory("teams")
  if (found.role_map.length === 0) return <p className="text-sm text-quiet">{strings.mapEmpty}</p>
  return (
    <ul className="grid gap-2 text-sm">
      {found.role_map.map((row, place) => (
        <li key={place} className="flex flex-wrap items-center gap-2 rounded-lg border px-3 py-2">
          <span className="font-medium break-all">{row.group}</span>
          <span aria-hidden className="text-quiet">→</span>
          {row.role && <Badge tone="accent">{strings.gives(strings.roles[row.role] ?? row.role)}</Badge>}
          {row.team && <Badge tone="info">{strings.puts(teams.nameOf(row.team))}</Badge>}
        </li>
      ))}
    </ul>
  )
}

function Actions({ found, onGone }: { found: Provider; onGone: () => void }) {
  const { change, remove } = useProviderActions()
  const discover = useDiscover()
  const [doing, setDoing] = useState<"edit" | "remove">()
  const stop = () => { change.reset(); setDoing(undefined) }
  return (
    <div className="grid gap-3 border-t pt-4">
      {discover.error && <ErrorState error={discover.error} compact />}
      {discover.data && <Said found={discover.data} />}
      {remove.error && <ErrorState error={remove.error} compact />}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setDoing("edit")}>{strings.edit}</Button>
        <Button busy={discover.isPending} onClick={() => discover.mutate(found.issuer)}>{strings.test}</Button>
        <Button kind="danger" onClick={() => setDoing("remove")}>{strings.remove}</Button>
      </div>
      <Dialog wide open={doing === "edit"} onClose={stop} title={found.name}>
        <ProviderForm start={formOf(found)} hasSecret={found.has_secret} action={strings.save} busy={change.isPending} failure={change.error} onSubmit={(body) => change.mutate({ id: found.id, body }, { onSuccess: (now) => { notify(strings.saved(now.name)); stop() } })} />
      </Dialog>
      <ConfirmByName open={doing === "remove"} onClose={stop} title={strings.removeTitle} name={found.name} action={strings.remove} busy={remove.isPending} onConfirm={() => remove.mutate(found.id, { onSuccess: () => { notify(strings.removed(found.name)); onGone() }, onError: stop })}>
        {strings.removeText}
      </ConfirmByName>
    </div>
  )
}
