import { X } from "lucide-react"
import { type ReactNode, useEffect, useId, useRef, useState } from "react"
import { cx } from "@/shared/classes.ts"
import { lieOnTop } from "@/shared/layers.ts"
import { Button, IconButton } from "@/shared/parts/button.tsx"
import { TextField } from "@/shared/parts/field.tsx"
import { words } from "@/shared/strings.ts"

type Shown = { open: boolean; onClose: () => void; title: ReactNode; children: ReactNode; footer?: ReactNode; wide?: boolean }

// The browser's own <dialog>: it traps focus, closes on Escape and gives focus back, and needs no style element,
// which the Content-Security-Policy would refuse.
function Modal({ open, onClose, title, children, footer, className }: Shown & { className: string }) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const found = box.current
    if (open && found && !found.open) found.showModal()
    if (!open && found?.open) found.close()
    return open && found ? lieOnTop(found) : undefined
  }, [open])
  if (!open) return null
  return (
    <dialog
      ref={box}
      aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); onClose() }}
      onClick={(event) => { if (event.target === box.current) onClose() }}
      className={className}
    >
      <div className="flex max-h-[inherit] min-h-0 flex-1 flex-col">
        <header className="flex items-center justify-between gap-4 border-b py-2 pr-2 pl-5">
          <h2 id={id} className="text-base font-semibold">{title}</h2>
          <IconButton label={words.close} onClick={onClose}><X size={18} /></IconButton>
        </header>
        <div className="min-h-0 flex-1 overflow-y-auto p-5">{children}</div>
        {footer && <footer className="flex flex-wrap justify-end gap-2 border-t px-5 py-3">{footer}</footer>}
      </div>
    </dialog>
  )
}

export function Dialog({ wide = false, ...shown }: Shown) {
  const width = wide ? "max-w-3xl" : "max-w-lg"
  return <Modal {...shown} className={cx("rise m-auto max-h-[88dvh] w-[calc(100vw-1.5rem)] flex-col rounded-xl border bg-card shadow-float open:flex", width)} />
}

/** Details beside the list they belong to: from the right on a desk, the whole screen on a phone. */
export function Drawer({ wide = false, ...shown }: Shown) {
  const width = wide ? "md:max-w-4xl" : "md:max-w-xl"
  return <Modal {...shown} className={cx("slide fixed inset-y-0 right-0 left-auto m-0 h-dvh max-h-dvh w-full max-w-full flex-col border-l bg-card shadow-float open:flex", width)} />
}

type Confirm = { open: boolean; onClose: () => void; onConfirm: () => void; title: string; name: string; action: string; busy?: boolean; children: ReactNode }

/** For what cannot be undone: the button works once the thing's name is typed. */
export function ConfirmByName({ open, onClose, onConfirm, title, name, action, busy = false, children }: Confirm) {
  const [typed, setTyped] = useState("")
  useEffect(() => setTyped(""), [open])
  const isRight = typed.trim() === name
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="danger" disabled={!isRight} busy={busy} onClick={onConfirm}>{action}</Button>
        </>
      }
    >
      <form className="grid gap-4" onSubmit={(event) => { event.preventDefault(); if (isRight) onConfirm() }}>
        <div>{children}</div>
        <TextField label={words.typeToConfirm(name)} value={typed} autoComplete="off" spellCheck={false} autoFocus onChange={(event) => setTyped(event.target.value)} />
      </form>
    </Dialog>
  )
}
