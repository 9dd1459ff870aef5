/** Invented identities are put together from these; nobody is meant. */
export const firstNames = [
  'Ana', 'Andrei', 'Anna', 'Ádám', 'Balázs', 'Bianca', 'Camille', 'Chloé', 'Cristian', 'Daniel', 'Diana', 'Dóra', 'Elena', 'Eszter', 'Felix', 'François',
  'Gabriela', 'Gergő', 'Hélène', 'Ioana', 'Jürgen', 'Katalin', 'Lea', 'Léo', 'Lucas', 'Luís', 'Maria', 'Márton', 'Mihai', 'Noémi', 'Olivia', 'Pedro',
  'Radu', 'Réka', 'Sofia', 'Ștefan', 'Tamás', 'Thiago', 'Vlad', 'Zoë', 'Zsófia', 'Țicu',
] as const

export const lastNames = [
  'Almeida', 'Antal', 'Bakó', 'Barbu', 'Becker', 'Bernard', 'Braun', 'Călinescu', 'Costa', 'Dumitru', 'Dupont', 'Farkas', 'Fournier', 'Gonçalves', 'Günther',
  'Horváth', 'Ionescu', 'Jackson', 'Kelemen', 'Kovács', 'Lambert', 'Lefèvre', 'Lima', 'Marinescu', 'Mercier', 'Müller', 'Nagy', 'Oliveira', 'Papp', 'Petit',
  'Popescu', 'Rădulescu', 'Ribeiro', 'Rousseau', 'Schmidt', 'Souza', 'Stan', 'Szabó', 'Taylor', 'Tóth', 'Vogel', 'Wagner',
] as const

export const places: Readonly<Record<string, { readonly language: string; readonly cities: readonly string[] }>> = {
  BR: { language: 'pt', cities: ['São Paulo', 'Recife', 'Curitiba', 'Belém'] },
  DE: { language: 'de', cities: ['Berlin', 'Köln', 'München', 'Leipzig'] },
  FR: { language: 'fr', cities: ['Paris', 'Lyon', 'Marseille', 'Saint-Étienne'] },
  GB: { language: 'en', cities: ['London', 'Leeds', 'Cardiff', 'Glasgow'] },
  HU: { language: 'hu', cities: ['Budapest', 'Debrecen', 'Szeged', 'Győr'] },
  RO: { language: 'ro', cities: ['București', 'Cluj-Napoca', 'Iași', 'Timișoara'] },
}

export const tastes = ['Alternative', 'Chanson', 'Classical', 'Dance', 'Electro', 'Folk', 'Indie Pop', 'Jazz', 'Metal', 'Pop', 'R&B', 'Rap/Hip Hop', 'Reggae', 'Rock', 'Soul', 'Techno/House'] as const
