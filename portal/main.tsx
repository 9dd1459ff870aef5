import './style/variables.css'
import './style/mantine.css'
import './style/base.css'
import './style/print.css'
import { RouterProvider } from '@tanstack/react-router'
import { createRoot } from 'react-dom/client'
import { makeQueryClient } from './client/read.ts'
import { makeRouter } from './router.tsx'
import { Foundation } from './shell/foundation.tsx'

const place = document.getElementById('root')
if (place !== null) createRoot(place).render(<Foundation queries={makeQueryClient()}><RouterProvider router={makeRouter() as never} /></Foundation>)
