/** What stands in the navigation, in its groups. A count means "needs you", and nothing else. */
import IconActivity from '@tabler/icons-react/icons/IconRoute2'
import IconBreach from '@tabler/icons-react/icons/IconAlertHexagon'
import IconApproval from '@tabler/icons-react/icons/IconUserCheck'
import IconBuilding from '@tabler/icons-react/icons/IconBuilding'
import IconBooks from '@tabler/icons-react/icons/IconBooks'
import IconCopies from '@tabler/icons-react/icons/IconMap2'
import IconDoor from '@tabler/icons-react/icons/IconDoorExit'
import IconFile from '@tabler/icons-react/icons/IconFileText'
import IconHome from '@tabler/icons-react/icons/IconHome'
import IconNotebook from '@tabler/icons-react/icons/IconNotebook'
import IconNotes from '@tabler/icons-react/icons/IconMail'
import IconRadar from '@tabler/icons-react/icons/IconRadar2'
import IconScale from '@tabler/icons-react/icons/IconScale'
import IconShield from '@tabler/icons-react/icons/IconShieldCheck'
import IconSplit from '@tabler/icons-react/icons/IconArrowsSplit2'
import IconSun from '@tabler/icons-react/icons/IconSun'
import IconTransfer from '@tabler/icons-react/icons/IconArrowsExchange'
import IconUsers from '@tabler/icons-react/icons/IconUsers'
import IconEye from '@tabler/icons-react/icons/IconEye'
import IconStack from '@tabler/icons-react/icons/IconStack2'
import type { ComponentType } from 'react'
import { addresses } from '../addresses.ts'
import { hasPage } from '../pages.ts'

export interface NavigationItem { readonly name: NavigationName; readonly to: string; readonly icon: ComponentType<{ size?: number; stroke?: number }>; readonly count?: string }
export interface NavigationGroup { readonly name: 'data' | 'watch' | 'account' | null; readonly items: readonly NavigationItem[] }

export type NavigationName = 'today' | 'controllers' | 'instructions' | 'copies' | 'activities' | 'transfers' | 'people' | 'approvals' | 'decisions' | 'findings' | 'erasures' | 'breaches' | 'register' | 'assessments' | 'ledger' | 'home' | 'use' | 'subProcessors' | 'erasure' | 'notices' | 'evidence'

const processor: readonly NavigationGroup[] = [
  { name: null, items: [{ name: 'today', to: addresses.today, icon: IconSun, count: 'today' }] },
  { name: 'data', items: [
    { name: 'controllers', to: addresses.controllers, icon: IconBuilding, count: 'controllers' }, { name: 'instructions', to: addresses.instructions, icon: IconFile, count: 'instructions' }, { name: 'copies', to: addresses.copies, icon: IconCopies, count: 'copies' },
    { name: 'activities', to: addresses.activities, icon: IconActivity }, { name: 'transfers', to: addresses.transfers, icon: IconTransfer }, { name: 'people', to: addresses.people, icon: IconUsers, count: 'people' },
  ] },
  { name: 'watch', items: [
    { name: 'approvals', to: addresses.approvals, icon: IconApproval, count: 'approvals' }, { name: 'decisions', to: addresses.decisions, icon: IconSplit }, { name: 'findings', to: addresses.findings, icon: IconRadar, count: 'findings' }, { name: 'erasures', to: addresses.erasures, icon: IconDoor, count: 'erasures' }, { name: 'breaches', to: addresses.breaches, icon: IconBreach, count: 'breaches' },
  ] },
  { name: 'account', items: [{ name: 'register', to: addresses.register, icon: IconNotebook }, { name: 'assessments', to: addresses.assessments, icon: IconScale }, { name: 'ledger', to: addresses.ledger, icon: IconBooks }] },
]

const client: readonly NavigationGroup[] = [
  { name: null, items: [
    { name: 'home', to: addresses.client, icon: IconHome, count: 'today' }, { name: 'instructions', to: addresses.clientInstructions, icon: IconFile, count: 'instructions' }, { name: 'use', to: addresses.clientUse, icon: IconEye }, { name: 'copies', to: addresses.clientCopies, icon: IconCopies },
    { name: 'subProcessors', to: addresses.clientSubProcessors, icon: IconStack }, { name: 'erasure', to: addresses.clientErasure, icon: IconDoor, count: 'erasures' }, { name: 'notices', to: addresses.clientNotices, icon: IconNotes }, { name: 'evidence', to: addresses.clientEvidence, icon: IconShield },
  ] },
]

/** The groups of whoever is signed in, with the pages that there are. */
export const navigationFor = (isClient: boolean): readonly NavigationGroup[] =>
  (isClient ? client : processor).map(({ name, items }) => ({ name, items: items.filter(({ to }) => hasPage(to)) })).filter(({ items }) => items.length > 0)
