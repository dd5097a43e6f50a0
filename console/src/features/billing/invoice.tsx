import { Download } from "lucide-react"
import { type FormEvent, useState } from "react"
import { ApiError } from "@/client/errors.ts"
import { dayAfter, type InvoiceInFull, savePdf, useBillingActions, useInvoice } from "@/features/billing/data.ts"
import { InvoiceState } from "@/features/billing/invoices.tsx"
import { periodText } from "@/features/billing/said.ts"
import { strings } from "@/features/billing/strings.ts"
import { linesFor } from "@/features/billing/summary.tsx"
import { money } from "@/shared/format/numbers.ts"
import { calendarDay, dateTime } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { ConfirmByName, Dialog, Drawer } from "@/shared/parts/dialog.tsx"
import { Facts } from "@/shared/parts/facts.tsx"
import { TextArea, TextField } from "@/shared/parts/field.tsx"
import { ErrorState, Waiting } from "@/shared/parts/states.tsx"
import { notify } from "@/shared/parts/toast.tsx"
import { useMay } from "@/shared/session.ts"
import { Table } from "@/shared/table/table.tsx"

const words = strings.invoice
const { facts } = words

export function InvoiceDrawer({ id, onOpen, onClose }: { id: string; onOpen: (id: string) => void; onClose: () => void }) {
  const found = useInvoice(id)
  return (
    <Drawer wide open={id !== ""} onClose={onClose} title={found.data?.number || (found.data ? words.none : words.detail)}>
      {found.error ? <ErrorState error={found.error} onRetry={() => void found.refetch()} /> : found.data ? <Detail key={found.data.id} one={found.data} onOpen={onOpen} onClose={onClose} /> : <Waiting />}
    </Drawer>
  )
}

type Props = { one: InvoiceInFull; onOpen: (id: string) => void; onClose: () => void }

function Detail({ one, onOpen, onClose }: Props) {
  const name = (party: Readonly<Record<string, unknown>>) => (typeof party.name === "string" && party.name !== "" ? party.name : undefined)
  return (
    <div className="grid gap-5">
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div>
          <InvoiceState one={one} />
          <p className="figures mt-1 text-3xl font-semibold">{money(one.total, one.currency)}</p>
        </div>
        <Actions one={one} onOpen={onOpen} onClose={onClose} />
      </div>
      <Facts
        facts={[
          [facts.period, periodText(one.period)],
          name(one.seller) !== undefined && [facts.seller, name(one.seller)],
          name(one.buyer) !== undefined && [facts.buyer, name(one.buyer)],
          [facts.made, dateTime(one.made_at)],
          Boolean(one.issued_on) && [facts.issuedOn, calendarDay(one.issued_on)],
          Boolean(one.due_on) && [facts.due, calendarDay(one.due_on)],
          one.remaining != null && [facts.remaining, money(one.remaining, one.currency)],
          Boolean(one.of_invoice) && [facts.of, <Button key="of" kind="quiet" onClick={() => onOpen(one.of_invoice ?? "")}>{words.invoice}</Button>],
          Boolean(one.reason) && [facts.reason, one.reason],
          Boolean(one.note) && [facts.note, one.note],
          Boolean(one.sha256) && [facts.hash, <code key="hash" className="font-mono text-xs break-all">{one.sha256}</code>],
        ]}
      />
      <Table label={strings.lines} rows={one.lines} columns={linesFor(one.currency)} rowKey={(line) => `${line.kind} ${line.description} ${line.source_currency ?? ""}`} file={`invoice-${one.number || one.id}`.replaceAll("/", "-")} />
      <Facts facts={[[words.net2, money(one.net, one.currency)], ...one.taxes.map((tax) => [tax.name ?? words.taxes, money(tax.amount, one.currency)] as const), [words.total, <strong key="total">{money(one.total, one.currency)}</strong>]]} />
    </div>
  )
}

function Actions({ one, onOpen, onClose }: Props) {
  const { draft, issue, remove } = useBillingActions()
  const mayWrite = useMay("billing.write")
  const [doing, setDoing] = useState<"issue" | "credit">()
  const stop = () => setDoing(undefined)
  const isDraft = one.status !== "issued"
  const firstDay = one.period.first_day ?? ""
  const lastDay = one.period.last_day ?? ""
  const isOver = isDraft && lastDay < new Date().toISOString().slice(0, 10)
  const failure = issue.error ?? remove.error
  const mayCredit = mayWrite && !isDraft && one.kind === "invoice" && Number(one.remaining ?? 0) > 0
  const again = () => draft.mutate({ since: firstDay, until: dayAfter(lastDay) })
  const save = () => void savePdf(one.id, one.number).catch((why: unknown) => notify(why instanceof Error ? why.message : String(why), { tone: "bad" }))
  return (
    <div className="grid gap-2">
      <div className="flex flex-wrap gap-2">
        <Button icon={<Download size={15} />} onClick={save}>{words.pdf}</Button>
        {mayWrite && isOver && <Button kind="primary" onClick={() => setDoing("issue")}>{words.issue}</Button>}
        {mayCredit && <Button onClick={() => setDoing("credit")}>{words.creditIt}</Button>}
        {mayWrite && isDraft && <Button kind="danger" busy={remove.isPending} onClick={() => remove.mutate(one.id, { onSuccess: () => { notify(words.removed, { undo: again }); onClose() } })}>{words.remove}</Button>}
      </div>
      {mayWrite && isDraft && !isOver && <p className="max-w-80 text-sm text-quiet">{words.notOver(calendarDay(lastDay))}</p>}
      {failure && <ErrorState error={failure} compact />}
      <ConfirmByName open={doing === "issue"} onClose={stop} title={words.issueTitle} name={firstDay} action={words.issue} busy={issue.isPending} onConfirm={() => issue.mutate(one.id, { onSuccess: (made) => { notify(words.issuedSaid(made.number)); stop() }, onError: stop })}>
        {words.issueText}
      </ConfirmByName>
      {doing === "credit" && <Credit one={one} onClose={stop} onMade={onOpen} />}
    </div>
  )
}

function Credit({ one, onClose, onMade }: { one: InvoiceInFull; onClose: () => void; onMade: (id: string) => void }) {
  const { credit } = useBillingActions()
  const [filled, setFilled] = useState({ reason: "", net: "" })
  const field = credit.error instanceof ApiError ? credit.error.field : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    credit.mutate({ id: one.id, ...filled }, { onSuccess: (made) => { notify(words.credited(made.number)); onClose(); onMade(made.id) } })
  }
  return (
    <Dialog open onClose={onClose} title={words.creditTitle(one.number)}>
      <form className="grid gap-4" onSubmit={submit}>
        <p className="text-sm text-quiet">{words.creditText}</p>
        {credit.error && field === null && <ErrorState error={credit.error} compact />}
        <TextArea label={words.reason} required autoFocus maxLength={500} rows={3} value={filled.reason} error={field === "reason" ? credit.error?.message : undefined} onChange={(event) => setFilled({ ...filled, reason: event.target.value })} />
        <TextField label={words.net} hint={words.netHint} optional inputMode="decimal" pattern="[0-9]+([.][0-9]{1,9})?" value={filled.net} error={field === "net" ? credit.error?.message : undefined} onChange={(event) => setFilled({ ...filled, net: event.target.value })} />
        <Button kind="danger" type="submit" busy={credit.isPending}>{words.creditIt}</Button>
      </form>
    </Dialog>
  )
}
