import { useState } from "react"
import { useDirectory } from "@/client/directory.ts"
import { type Key, useKeyActions } from "@/features/keys/data.ts"
import { changeOf, filledOf } from "@/features/keys/filled.ts"
import { KeyForm } from "@/features/keys/form.tsx"
import { budgetText, limitText } from "@/features/keys/said.ts"
import { strings } from "@/features/keys/strings.ts"
import { dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts, Section } from "@/shared/parts/facts.tsx"
import { SelectField } from "@/shared/parts/field.tsx"
import { Badge, SecretOnce } from "@/shared/parts/small.tsx"
import { ErrorState } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"

const TONES = { active: "good", expired: "warn", revoked: "bad", suspended: "warn" } as const
const { columns, facts } = strings
const GRACES = Object.entries(strings.graces).map(([value, label]) => ({ value, label }))

export function StateBadge({ state }: { state: Key["status"] }) {
  return <Badge tone={TONES[state]}>{strings.states[state]}</Badge>
}

/** Its models; a lone star says nothing that words do not say better. */
export function modelsText(key: Key): string {
  return key.models.filter((model) => model !== "*").join(", ") || strings.every
}

export function KeyDrawer({ found, onClose }: { found: Key | undefined; onClose: () => void }) {
  return (
    <Drawer open={found !== undefined} onClose={onClose} title={found?.name ?? strings.detail}>
      {found && <Detail key={found.id} found={found} />}
    </Drawer>
  )
}

function Detail({ found }: { found: Key }) {
  const mayWrite = useMay("keys.write") && found.source === "stored" && found.status !== "revoked"
  const users = useDirectory("users")
  const teams = useDirectory("teams")
  const departments = useDirectory("departments")
  const where = [found.department && departments.nameOf(found.department), found.team && teams.nameOf(found.team)].filter(Boolean).join(" / ")
  const labels = Object.entries(found.metadata).map(([name, value]) => `${name}: ${String(value)}`).join(", ")
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-center gap-2">
        <StateBadge state={found.status} />
        {found.environment && <Badge>{found.environment}</Badge>}
        {found.source === "file" && <Badge title={strings.fileHint}>{strings.file}</Badge>}
        <code className="font-mono text-sm text-quiet">{found.prefix}</code>
      </div>
      {found.source === "file" && <p className="text-sm text-quiet">{strings.fileHint}</p>}
      <Facts
        facts={[
          [facts.owner, found.user ? users.nameOf(found.user) : strings.nobody],
          where !== "" && [facts.where, where],
          [columns.models, modelsText(found)],
          found.limits.length > 0 && [facts.limits, found.limits.map(limitText).join("; ")],
          found.budgets.length > 0 && [facts.budgets, found.budgets.map(budgetText).join("; ")],
          found.policy !== "" && [facts.policy, found.policy],
          found.ip_allow.length > 0 && [facts.networks, found.ip_allow.join(", ")],
          found.permissions.length > 0 && [facts.permissions, found.permissions.join(", ")],
          labels !== "" && [facts.labels, labels],
          [columns.made, `${dateTime(found.created_at)}${found.created_by ? ` ${strings.by(users.nameOf(found.created_by.replace(/^user:/, "")))}` : ""}`],
          [columns.used, found.last_used_at ? dateTime(found.last_used_at) : strings.never],
          [columns.expires, found.expires_at ? dateTime(found.expires_at) : strings.never],
          found.old_secret_until !== null && [facts.oldSecret, dateTime(found.old_secret_until)],
          found.revoked_at !== null && [facts.revoked, dateTime(found.revoked_at)],
        ]}
      />
      {mayWrite && <Actions found={found} />}
    </div>
  )
}

function Actions({ found }: { found: Key }) {
  const { rotate, change, revoke } = useKeyActions()
  const [graceS, setGrace] = useState("86400")
  const [doing, setDoing] = useState<"edit" | "revoke">()
  const stop = () => { change.reset(); setDoing(undefined) }
  return (
    <>
      {rotate.error && <ErrorState error={rotate.error} compact />}
      {revoke.error && <ErrorState error={revoke.error} compact />}
      <Section title={strings.rotateTitle}>
        <p className="text-sm text-quiet">{strings.rotateText}</p>
        {rotate.data ? <SecretOnce secret={rotate.data.secret} label={strings.secret} /> : (
          <div className="flex flex-wrap items-end gap-2">
            <SelectField label={strings.grace} choices={GRACES} value={graceS} onChange={(event) => setGrace(event.target.value)} />
            <Button busy={rotate.isPending} onClick={() => rotate.mutate({ id: found.id, graceS: Number(graceS) })}>{strings.rotate}</Button>
          </div>
        )}
      </Section>
      <div className="flex flex-wrap gap-2 border-t pt-4">
        <Button onClick={() => setDoing("edit")}>{strings.edit}</Button>
        <Button kind="danger" onClick={() => setDoing("revoke")}>{strings.revoke}</Button>
      </div>
      <Dialog open={doing === "edit"} onClose={stop} title={strings.editTitle(found.name)} wide>
        <KeyForm
          start={filledOf(found)}
          isNew={false}
          busy={change.isPending}
          failure={change.error}
          onSubmit={(filled) => change.mutate({ id: found.id, body: changeOf(filledOf(found), filled) }, { onSuccess: () => { notify(strings.saved(filled.name)); stop() } })}
        />
      </Dialog>
      <ConfirmByName
        open={doing === "revoke"}
        onClose={stop}
        title={strings.revokeTitle}
        name={found.name}
        action={strings.revoke}
        busy={revoke.isPending}
        onConfirm={() => revoke.mutate(found.id, { onSuccess: () => { notify(strings.revokedSaid(found.name)); stop() }, onError: stop })}
      >
        {strings.revokeText}
      </ConfirmByName>
    </>
  )
}
