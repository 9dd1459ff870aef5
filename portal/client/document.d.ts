// Written by portal/generate.ts from the API's document. Do not edit.
export interface paths {
    "/api/v1/controllers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whom data are held for
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `controllers:read`.
         */
        get: operations["getControllers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/controllers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One controller on a page
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `controllers:read`.
         */
        get: operations["getControllersById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/findings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was found that no instruction covers, and what was searched for it
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `findings:read`.
         */
        get: operations["getFindings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What controllers told the processor to do
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `instructions:read`.
         */
        get: operations["getInstructions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One instruction: its scope, who may act on it, its use
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `instructions:read`.
         */
        get: operations["getInstructionsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is signed in
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        /**
         * Sign out
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a link that is good once
         * @description For everybody.
         */
        post: operations["postSignInLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/today": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What needs whom, by when
         * @description For owner, dpo, auditor. Scope of a token: `today:read`.
         */
        get: operations["getToday"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description RFC 9457. `code` is the code of a refusal, `misuse`, or of what broke. */
        Problem: {
            code: string;
            detail: string;
            errors?: {
                message: string;
                path: string;
            }[];
            instance: string;
            status: number;
            title: string;
            type: string;
        };
        /** @description RFC 9457. `code` is the code of a refusal, `misuse`, or of what broke. */
        ProblemInput: {
            code: string;
            detail: string;
            errors?: {
                message: string;
                path: string;
            }[];
            instance: string;
            status: number;
            title: string;
            type: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getControllers: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
                /** @description in the name or the id */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            contracts: {
                                ended: number;
                                live: number;
                            };
                            copies: number;
                            country: string;
                            datasets: number;
                            /** @description not certified */
                            exits: number;
                            findings: {
                                open: number;
                                people: {
                                    atLeast: number;
                                    atMost: number;
                                };
                            };
                            id: string;
                            instructions: {
                                inForce: number;
                                proposed: number;
                            };
                            name: string;
                            nextEnd: string | null;
                            searched: {
                                at: string | null;
                                notSeen: {
                                    place: string;
                                    why: string;
                                }[];
                                /** @description stores of which nothing was left out */
                                searched: number;
                                stores: number;
                                sweep: string | null;
                            };
                            /**
                             * @description of where its data are: invalid with an open finding, unknown where not everything was searched
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        /** @description items of all pages */
                        total: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getControllersById: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        contacts: {
                            contact: string | null;
                            name: string | null;
                            role: string;
                            /** @enum {string} */
                            told: "told" | "there is none" | "not told";
                        }[];
                        contractList: {
                            /** @description null: nobody chose, and nothing is assumed */
                            choice: {
                                /** @enum {string} */
                                choice: "delete" | "return" | "send_on";
                                /** @enum {string} */
                                from: "contract" | "signatory";
                                recipient: string | null;
                            } | null;
                            endedAt: string | null;
                            endedBecause: string | null;
                            ends: string | null;
                            id: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            starts: string;
                        }[];
                        contracts: {
                            ended: number;
                            live: number;
                        };
                        copies: number;
                        country: string;
                        datasetList: {
                            checkedAt: string | null;
                            columns: number;
                            environment: string;
                            id: string;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            store: string;
                            tables: number;
                        }[];
                        datasets: number;
                        /** @description not certified */
                        exits: number;
                        findings: {
                            open: number;
                            people: {
                                atLeast: number;
                                atMost: number;
                            };
                        };
                        id: string;
                        instructionList: {
                            id: string;
                            inForce: boolean;
                            name: string;
                            state: string;
                        }[];
                        instructions: {
                            inForce: number;
                            proposed: number;
                        };
                        name: string;
                        nextEnd: string | null;
                        searched: {
                            at: string | null;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            /** @description stores of which nothing was left out */
                            searched: number;
                            stores: number;
                            sweep: string | null;
                        };
                        signatories: {
                            /** @description where its private half is; null: none is registered */
                            key: ("signatory" | "this machine") | null;
                            name: string;
                        }[];
                        /**
                         * @description of where its data are: invalid with an open finding, unknown where not everything was searched
                         * @enum {string}
                         */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @description null: not told */
                        subProcessors: {
                            /** @enum {string} */
                            authorisation: "general" | "specific" | "none";
                            list: {
                                country: string;
                                name: string;
                                purpose: string | null;
                            }[];
                        } | null;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getFindings: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
                state?: "open" | "resolved";
                store?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            because: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            /** @description index in the log of its controller */
                            entry: number;
                            environment: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            firstSeen: string;
                            id: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            lastSeen: string;
                            madeAfter: string | null;
                            madeBecause: string | null;
                            madeBefore: string | null;
                            mixed: boolean;
                            /** @description other controllers with records in the same place, as far as this account may know: at least 1 when mixed */
                            others: number;
                            people: number;
                            place: string;
                            rows: number;
                            /** @description of the records of its dataset; null: not known */
                            share: number | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "open" | "resolved";
                            store: string;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        searched: {
                            at: string | null;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            /** @description stores of which nothing was left out */
                            searched: number;
                            stores: number;
                            sweep: string | null;
                        };
                        /** @description items of all pages */
                        total: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInstructions: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description `true` or `false` */
                inForce?: string;
                /** @description items of a page */
                limit?: number;
                /** @description in the id, the text or a purpose */
                q?: string;
                state?: "proposed" | "accepted" | "superseded" | "withdrawn";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            acceptedAt: string | null;
                            acceptedBy: string | null;
                            contract: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            data: {
                                columns: "*" | string[];
                                dataset: string;
                            }[];
                            endedAt: string | null;
                            environments: string[];
                            from: string | null;
                            /** @description approved, and not over */
                            grants: number;
                            id: string;
                            identifiable: boolean | null;
                            inForce: boolean;
                            operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                            purposes: string[];
                            recipients: string[];
                            rowsPerDay: number | null;
                            rowsPerSession: number | null;
                            /**
                             * @description of its acceptance: verified with a key the signatory keeps, declared with one on this machine, pending while it is proposed
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "proposed" | "accepted" | "superseded" | "withdrawn";
                            supersededBy: string | null;
                            supersedes: string | null;
                            text: string;
                            until: string | null;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        /** @description items of all pages */
                        total: number;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getInstructionsById: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        acceptedAt: string | null;
                        acceptedBy: string | null;
                        contract: string;
                        controller: {
                            id: string;
                            name: string;
                        };
                        data: {
                            columns: "*" | string[];
                            dataset: string;
                        }[];
                        endedAt: string | null;
                        environments: string[];
                        from: string | null;
                        grantList: {
                            approvedAt: string | null;
                            approvedBy: string | null;
                            holds: boolean;
                            id: string;
                            instruction: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            proposedBy: string | null;
                            revokedAt: string | null;
                            /** @enum {string} */
                            state: "proposed" | "approved" | "revoked";
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            until: string;
                        }[];
                        /** @description approved, and not over */
                        grants: number;
                        id: string;
                        identifiable: boolean | null;
                        inForce: boolean;
                        operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                        purposes: string[];
                        recipients: string[];
                        rowsPerDay: number | null;
                        rowsPerSession: number | null;
                        /** @description as it was proposed, key by key */
                        scope: {
                            [key: string]: unknown;
                        };
                        /** @description of what a signatory signs */
                        scopeSha256: string;
                        /**
                         * @description of its acceptance: verified with a key the signatory keeps, declared with one on this machine, pending while it is proposed
                         * @enum {string}
                         */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @enum {string} */
                        state: "proposed" | "accepted" | "superseded" | "withdrawn";
                        supersededBy: string | null;
                        supersedes: string | null;
                        text: string;
                        until: string | null;
                        /** @description null: nobody has used it */
                        use: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            first: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            last: string;
                            rows: number;
                            sessions: number;
                        } | null;
                        /** @description that it supersedes or is superseded by, oldest first, itself among them */
                        versions: {
                            id: string;
                            state: string;
                        }[];
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getSession: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        account: {
                            id: string;
                            name: string;
                        };
                        controller: {
                            id: string;
                            name: string;
                        } | null;
                        /** @description what needs this account, by page; a page that is not named has none */
                        counts: {
                            [key: string]: number;
                        };
                        /** @enum {string} */
                        language: "en" | "fr";
                        processor: {
                            country: string;
                            name: string;
                        };
                        roles: ("owner" | "dpo" | "engineer" | "analyst" | "auditor" | "signatory" | "viewer")[];
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        until: string;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        ok: true;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    postSignInLink: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {boolean} */
                        ok: true;
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getToday: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description at the gateway, within a day */
                        acts: {
                            rows: number;
                            sessions: number;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            since: string;
                        };
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        at: string;
                        clocks: {
                            /** @description open ones */
                            breaches: number;
                            nextEnd: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                contract: string;
                                controller: {
                                    id: string;
                                    name: string;
                                };
                            } | null;
                        };
                        items: {
                            controller: {
                                id: string;
                                name: string;
                            } | null;
                            count: number;
                            /** @description what it waits for, in the words of the ledger */
                            detail: string | null;
                            /** @description by when; null: no time is set */
                            due: string | null;
                            ids: string[];
                            /** @enum {string} */
                            kind: "finding" | "proposal" | "grant" | "training" | "copy" | "exit" | "choice" | "breach" | "road";
                            overdue: boolean;
                            people: {
                                atLeast: number;
                                atMost: number;
                            } | null;
                            since: string | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        }[];
                        searched: {
                            at: string | null;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            /** @description stores of which nothing was left out */
                            searched: number;
                            stores: number;
                            sweep: string | null;
                        };
                        witnesses: {
                            configured: number;
                        };
                    };
                };
            };
            /** @description A problem */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
