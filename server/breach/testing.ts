/** For tests: enough of an SMTP server (RFC 5321) to take a mail. */
import { createServer, type Server } from 'node:net'

/** Listens on this machine, and puts what it takes into `mails`. */
export async function smtpServer(mails: string[]): Promise<Server> {
  const server = createServer((socket) => {
    let [data, text] = [false, '']
    socket.write('220 mail.example ESMTP\r\n')
    socket.on('data', (bytes) => {
      text += bytes.toString()
      if (data) {
        if (!text.endsWith('\r\n.\r\n')) return
        mails.push(text)
        ;[data, text] = [false, '']
        socket.write('250 2.0.0 taken\r\n')
        return
      }
      for (let end = text.indexOf('\r\n'); end >= 0 && !data; end = text.indexOf('\r\n')) {
        const [command = ''] = text.slice(0, end).toUpperCase().split(/[ :]/)
        text = text.slice(end + 2)
        data = command === 'DATA'
        socket.write(command === 'QUIT' ? '221 2.0.0 bye\r\n' : data ? '354 go on\r\n' : '250 2.1.0 fine\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return server
}
