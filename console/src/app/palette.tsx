import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react"
import { strings } from "@/app/strings.ts"
import { cx } from "@/shared/classes.ts"

export type Command = { id: string; label: string; hint?: string; run: () => void }

/** Those whose words begin with, or hold, what was typed; the better match first. */
export function matching(commands: readonly Command[], typed: string): Command[] {
  const wanted = typed.trim().toLowerCase()
  if (!wanted) return [...commands]
  const score = (label: string) => (label.startsWith(wanted) ? 0 : label.split(" ").some((word) => word.startsWith(wanted)) ? 1 : label.includes(wanted) ? 2 : 3)
  return commands
    .map((command) => ({ command, rank: score(command.label.toLowerCase()) }))
    .filter((one) => one.rank < 3)
    .sort((one, two) => one.rank - two.rank)
    .map((one) => one.command)
}

/** Ctrl K: pages and actions by name (ARIA combobox with a list box). */
export function Palette({ open, onClose, commands }: { open: boolean; onClose: () => void; commands: readonly Command[] }) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  const [typed, setTyped] = useState("")
  const [at, setAt] = useState(0)
  useEffect(() => {
    if (!open) return
    setTyped("")
    setAt(0)
    box.current?.showModal()
  }, [open])
  if (!open) return null
  const found = matching(commands, typed)
  const go = (command: Command | undefined) => {
    if (!command) return
    onClose()
    command.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0
    if (step) setAt((at + step + found.length) % Math.max(1, found.length))
    else if (event.key === "Enter") go(found[at])
    else return
    event.preventDefault()
  }
  return (
    <dialog
      ref={box}
      aria-label={strings.commands}
      onCancel={(event) => { event.preventDefault(); onClose() }}
      onClick={(event) => { if (event.target === box.current) onClose() }}
      className="rise mx-auto mt-[12dvh] w-[calc(100vw-1.5rem)] max-w-lg overflow-hidden rounded-xl border bg-raised shadow-float"
    >
      <input
        role="combobox"
        aria-label={strings.commands}
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={found[at] ? `${id}-${found[at].id}` : undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        value={typed}
        placeholder={strings.commandsHint}
        onChange={(event) => { setTyped(event.target.value); setAt(0) }}
        onKeyDown={onKeyDown}
        className="min-h-13 w-full border-b bg-transparent px-4 outline-none placeholder:text-quiet"
      />
      <ul id={`${id}-list`} role="listbox" aria-label={strings.commands} className="max-h-80 overflow-y-auto p-1.5">
        {found.map((command, place) => (
          <li
            key={command.id}
            id={`${id}-${command.id}`}
            role="option"
            aria-selected={place === at}
            onClick={() => go(command)}
            onPointerMove={() => setAt(place)}
            className={cx("touch flex cursor-pointer items-center justify-between rounded-lg px-3 text-sm", place === at && "bg-soft")}
          >
            {command.label}
            {command.hint && <kbd className="font-sans text-xs text-quiet">{command.hint}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className="px-4 pb-4 text-sm text-quiet">{strings.noCommand}</p>}
    </dialog>
  )
}
