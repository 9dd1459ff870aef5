import IconBrand from '@tabler/icons-react/icons/IconShieldCheck'
import type { ReactNode } from 'react'

/** The name, without a hue. */
export const Brand = (): ReactNode => <div className="brand"><IconBrand size={22} stroke={2} aria-hidden /><span>Bailee</span></div>
