export { SignIn as default } from './signIn.tsx'
