import { Check } from "lucide-react"
import type { ReactNode } from "react"
import { strings } from "@/features/sign-in/strings.ts"

/** What is around every page of somebody who is not in yet. */
export function Frame({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1.1fr_1fr]">
      <Aside />
      <main className="grid content-center justify-items-center p-5">
        <div className="grid w-full max-w-sm gap-5">
          <div className="lg:hidden"><Gate className="h-14 text-accent" /></div>
          <div>
            <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
            <p className="mt-1 text-quiet">{text}</p>
          </div>
          {children}
        </div>
      </main>
    </div>
  )
}

function Aside() {
  return (
    <aside className="relative hidden overflow-hidden border-r bg-panel p-12 lg:grid lg:content-center">
      <div className="mx-auto w-full max-w-md">
      <Gate className="mb-10 h-44 text-accent" />
      <p className="max-w-md text-3xl leading-tight font-semibold tracking-tight text-balance">{strings.aside}</p>
      <ul className="mt-6 grid gap-2 text-quiet">
        {strings.points.map((point) => <li key={point} className="flex items-center gap-2"><Check size={17} className="text-accent" aria-hidden />{point}</li>)}
      </ul>
      </div>
    </aside>
  )
}

/** The gate that the product is named for. */
function Gate({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 240 150" className={className} aria-hidden focusable="false" fill="none" stroke="currentColor" strokeWidth="5" strokeLinecap="round">
      <path d="M14 26c30-12 182-12 212 0" />
      <path d="M26 52c30-9 158-9 188 0" />
      <path d="M38 76c28-7 136-7 164 0" />
      <path d="M62 26v120M178 26v120M84 26v12M120 18v22M156 26v12M96 46v18M120 44v20M144 46v18" />
      <path d="M80 146v-18c0-40 80-40 80 0v18" opacity="0.45" />
      <path d="M52 146h28M160 146h36" />
    </svg>
  )
}
