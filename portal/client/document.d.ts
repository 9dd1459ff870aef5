// Written by portal/generate.ts from the API's document. Do not edit.
export interface paths {
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who may sign in, as what, and in which ways
         * @description For owner. Not for tokens.
         */
        get: operations["getAccounts"];
        put?: never;
        /**
         * Open an account: `account.opened`. Staff by their id; a controller's own people by name
         * @description For owner. Not for tokens.
         */
        post: operations["postAccounts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close an account for good, and end its sessions: `account.closed`
         * @description For owner. Not for tokens.
         */
        post: operations["postAccountsByIdClose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/link": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a link that signs in once. It is shown in this one answer and never again
         * @description For owner. Not for tokens.
         */
        post: operations["postAccountsByIdLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/role": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give an account another role or end, and end its sessions: `account.changed`
         * @description For owner. Not for tokens.
         */
        post: operations["postAccountsByIdRole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{id}/unlink": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End that an account is known at the sign-in provider: `account.identity_unlinked`
         * @description For owner. Not for tokens.
         */
        post: operations["postAccountsByIdUnlink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/activities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was made from data of a controller, newest first, and what is due again
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `activities:read`.
         */
        get: operations["getActivities"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Approvals of a second person, the newest first, with all that a copy or a disclosure would do
         * @description For owner, dpo, auditor. Scope of a token: `people:read`.
         */
        get: operations["getApprovals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals/{id}/give": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve, as a second person, what was shown: `approval.given`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postApprovalsByIdGive"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals/{id}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do not approve it, and say why: `approval.refused`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postApprovalsByIdRefuse"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/approvals/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take it back, asked for or given: `approval.withdrawn`; sessions under it end
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postApprovalsByIdWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assessments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the law makes of what was declared, by the law of the moment shown: scope of the Regulation, and each transfer to a third country; then what was recorded (`A-...`), newest first, with what changed since among its reasons
         * @description For owner, dpo, auditor. Scope of a token: `register:read`.
         */
        get: operations["getAssessments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assessments/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One assessment: what it rests on, its reasons, and what changed since
         * @description For owner, dpo, auditor. Scope of a token: `register:read`.
         */
        get: operations["getAssessmentsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/assessments/{id}/reassess": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Assess once more, by the law of today, from what is declared now and what is stated: `assessment.recorded`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postAssessmentsByIdReassess"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin, with the link that was printed at the first start: `processor.declared`
         * @description For everybody.
         */
        post: operations["postBegin"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breach-register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The record of all breaches (Art. 33(5)): facts, effects, remedial action, and what it lacks; those that lack something first
         * @description For owner, dpo, auditor. Scope of a token: `breaches:read`.
         */
        get: operations["getBreachRegister"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breach-register/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of the record of all breaches (Art. 33(5)), as of any moment; its hash is recorded: `register.exported`. The file itself, with its SHA-256 in `Repr-Digest`
         * @description For owner, dpo, auditor. Scope of a token: `breaches:read`.
         */
        get: operations["getBreachRegisterExport"];
        put?: never;
        /**
         * A file of the record of all breaches (Art. 33(5)), as of any moment; its hash is recorded: `register.exported`
         * @description For owner, dpo, auditor. Scope of a token: `breaches:read`.
         */
        post: operations["postBreachRegisterExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Incidents, those whose controller was not told first
         * @description For owner, dpo, auditor. Scope of a token: `breaches:read`.
         */
        get: operations["getBreaches"];
        put?: never;
        /**
         * Open a breach of the controller of a finding, or of a controller that is named: `breach.opened`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreaches"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One breach: whose, from which copy, how many, what is due
         * @description For owner, dpo, auditor. Scope of a token: `breaches:read`.
         */
        get: operations["getBreachesById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}/count": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Count the people concerned, by country: `breach.counted`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreachesByIdCount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}/describe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record its likely consequences and what was done about it (Art. 33(5)): `breach.described`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreachesByIdDescribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Draft the next phase of the notice to its controller; nothing is sent: `breach.notice_drafted`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreachesByIdNotices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Attribute a sample to a breach that is open: `breach.attributed`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreachesByIdSamples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/{id}/send": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Record that a person handed the newest phase over, and how that is known: `breach.notice_sent`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postBreachesByIdSend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/breaches/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a breach for each controller whose people a sample holds: `breach.opened`
         * @description For owner, dpo. Scope of a token: `breaches:write`.
         */
        post: operations["postBreachesSamples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/certificates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a certificate says, what it does not say, and whether it still holds
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `erasures:read`.
         */
        get: operations["getCertificatesById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/certificates/{id}/pages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The pages of a certificate as signed PDF, in base64; their hash is recorded first: `certificate.rendered`
         * @description For owner, dpo, auditor, signatory, viewer. Not for tokens.
         */
        post: operations["postCertificatesByIdPages"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/client/home": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The state of one controller's data on a page
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `controllers:read`.
         */
        get: operations["getClientHome"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/client/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who read what of a controller's data, under which instruction, newest first
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `decisions:read`.
         */
        get: operations["getClientUse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What binds a controller and the processor: what it says, what it does not, when it ends
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `controllers:read`.
         */
        get: operations["getContractsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/choice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Choose what happens at the end of a contract: `contract.choice_made`, signed by a passkey
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdChoice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/choice/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign, and what their browser is asked with; nothing is recorded. Choose what happens at the end of a contract: `contract.choice_made`
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdChoiceOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a contract and open its exit case: `contract.ended`, `erasure.opened`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postContractsByIdEnd"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say that the data came back, or that this is waived: `contract.released`, signed by a passkey
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdRelease"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/release/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign, and what their browser is asked with; nothing is recorded. Say that the data came back, or that this is waived: `contract.released`
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdReleaseOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/return-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Name the key that data which go back are encrypted to: `contract.return_key_named`, signed by a passkey
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdReturnKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/return-key/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign, and what their browser is asked with; nothing is recorded. Name the key that data which go back are encrypted to: `contract.return_key_named`
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdReturnKeyOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/sub-processors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Object to a sub-processor, or authorise it by name: `contract.sub_processor_objected`, `contract.sub_processor_authorised`, signed by a passkey
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdSubProcessors"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/sub-processors/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign, and what their browser is asked with; nothing is recorded. Object to a sub-processor, or authorise it by name: `contract.sub_processor_objected`, `contract.sub_processor_authorised`
         * @description For signatory. Not for tokens.
         */
        post: operations["postContractsByIdSubProcessorsOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/contracts/{id}/terms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say in which clause a mandatory term stands, or that it stands in none: `contract.term_recorded`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postContractsByIdTerms"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
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
    "/api/v1/copies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where data of a controller are, and why
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `copies:read`.
         */
        get: operations["getCopies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/copies/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One copy: what it is, since when, under what, until when
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `copies:read`.
         */
        get: operations["getCopiesById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/decisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Acts that were allowed or refused, newest first
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `decisions:read`.
         */
        get: operations["getDecisions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/decisions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One decision: what was asked for, what failed, what would be the way
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `decisions:read`.
         */
        get: operations["getDecisionsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/emergencies/{id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say, as somebody else, what an emergency was: `grant.emergency_reviewed`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postEmergenciesByIdReview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Exit cases, the most urgent first, and requests of single people
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `erasures:read`.
         */
        get: operations["getErasures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One end of a contract: is it gone, and how is that known?
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `erasures:read`.
         */
        get: operations["getErasuresById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures/{id}/certify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Issue the certificate of a confirmed erasure: `certificate.issued`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postErasuresByIdCertify"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures/{id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm, as a second person, what was erased and searched: `erasure.confirmed`
         * @description For owner, dpo, engineer. Not for tokens.
         */
        post: operations["postErasuresByIdConfirm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/erasures/{id}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Leave an erasure to the workers, as far as it goes
         * @description For owner, dpo, engineer. Scope of a token: `erasures:write`.
         */
        post: operations["postErasuresByIdRun"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Server-sent events: `changed`, with the nouns whose entries were recorded. Pages ask again
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        get: operations["getEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The record of one controller, to be checked by itself
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        get: operations["getEvidence"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/evidence/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The evidence of one controller, as a zip that anybody can check without us: `ledger.bundle_exported`
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        post: operations["postEvidenceBundle"];
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
    "/api/v1/findings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One finding: what it is, and what it rests on
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `findings:read`.
         */
        get: operations["getFindingsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Propose that a person may act under an instruction: `grant.proposed`; a second person approves
         * @description For owner, dpo. Scope of a token: `grants:write`.
         */
        post: operations["postGrants"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve a grant that another person proposed: `grant.approved`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postGrantsByIdApprove"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a grant at once: `grant.revoked`
         * @description For owner, dpo. Scope of a token: `grants:write`.
         */
        post: operations["postGrantsByIdRevoke"];
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
        /**
         * Propose an instruction to its controller: `instruction.proposed`
         * @description For owner, dpo, signatory. Scope of a token: `instructions:write`.
         */
        post: operations["postInstructions"];
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
    "/api/v1/instructions/{id}/acceptance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept with what a passkey signed: `instruction.accepted`, with its proof
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdAcceptance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/acceptance/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign, and what their browser is asked with; nothing is recorded
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdAcceptanceOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a warning that an instruction infringes the law (Art. 28(3), last sentence): uphold it, which ends the warning, or agree; signed by a passkey: `instruction.answered`
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdAnswer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/answer/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign in answer to a warning that an instruction infringes the law; nothing is recorded
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdAnswerOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/emergencies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open an instruction to yourself at once, without a second person, to be looked at afterwards: `grant.emergency_opened`
         * @description For owner, dpo, engineer, analyst. Not for tokens.
         */
        post: operations["postInstructionsByIdEmergencies"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/warnings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Tell the controller that its instruction infringes the law, and stop work under it if wanted (Art. 28(3), last sentence): `instruction.warned`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postInstructionsByIdWarnings"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse a proposal, or take an instruction back: `instruction.withdrawn`. For a signatory of its controller
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdWithdraw"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse a proposal or take an instruction back, signed by a passkey: `instruction.withdrawn`, with its proof
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdWithdrawal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/{id}/withdrawal/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a signatory is about to sign to refuse a proposal or take an instruction back; nothing is recorded
         * @description For signatory. Not for tokens.
         */
        post: operations["postInstructionsByIdWithdrawalOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/choices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What an instruction may be made of: contracts, datasets and their columns, environments
         * @description For owner, dpo, engineer, analyst, signatory, viewer, auditor. Scope of a token: `instructions:read`.
         */
        get: operations["getInstructionsChoices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/drafts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Instructions that you are writing, the newest first
         * @description For owner, dpo, signatory. Not for tokens.
         */
        get: operations["getInstructionsDrafts"];
        put?: never;
        /**
         * Keep what you are writing; nothing is recorded, and nobody is told
         * @description For owner, dpo, signatory. Not for tokens.
         */
        post: operations["postInstructionsDrafts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/drafts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One that you are writing
         * @description For owner, dpo, signatory. Not for tokens.
         */
        get: operations["getInstructionsDraftsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/drafts/{id}/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Throw away what you are writing
         * @description For owner, dpo, signatory. Not for tokens.
         */
        post: operations["postInstructionsDraftsByIdDiscard"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What would this instruction allow? Tried only
         * @description For owner, dpo, engineer, analyst, signatory, viewer, auditor. Scope of a token: `instructions:read`.
         */
        post: operations["postInstructionsPreview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/instructions/use": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done under instructions, and by whom
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `decisions:read`.
         */
        get: operations["getInstructionsUse"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/checkpoints": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Moments at which the heads of all logs were fixed, and who else saw them
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        get: operations["getLedgerCheckpoints"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is recorded in one log, newest first: types, times and ids, no contents
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        get: operations["getLedgerEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/entries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One entry with the bytes that are in the tree: what anybody can hash again
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        get: operations["getLedgerEntriesById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/ledger/receipts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What its counterparty keeps of one entry of a controller's log, with what it says: checked without us, and held against later evidence
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `ledger:read`.
         */
        post: operations["postLedgerReceiptsById"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What I may do, and how I connect
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `people:read`.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What controllers are told, newest first
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `notices:read`.
         */
        get: operations["getNotices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/notices/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A signatory says that a notice was read: `controller.notice_acknowledged`
         * @description For signatory. Not for tokens.
         */
        post: operations["postNoticesAcknowledge"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's own passkeys, oldest first
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        get: operations["getPasskeys"];
        put?: never;
        /**
         * Register the passkey that the browser made: `account.passkey_registered`, with the hash of its key
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        post: operations["postPasskeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove one's passkey for good: `account.passkey_removed`
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        delete: operations["deletePasskeysById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passkeys/{id}/name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give one's passkey another name
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        post: operations["postPasskeysByIdName"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a browser makes a passkey with. Within 15 minutes of signing in
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        post: operations["postPasskeysOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who may act, and whether they still should
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `people:read`.
         */
        get: operations["getPeople"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One person: what they hold, and what they did
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `people:read`.
         */
        get: operations["getPeopleById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/leave": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End at once everything that a person holds: `people.left`, `grant.revoked`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postPeopleByIdLeave"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/questions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What can be assessed, by which rules, from which facts
         * @description For owner, dpo, auditor. Scope of a token: `register:read`.
         */
        get: operations["getQuestions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The record of processing per controller (Art. 30(2)): what it holds, what it lacks, where declared and seen part
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `register:read`.
         */
        get: operations["getRegister"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/register/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A file of the register, as of any moment; its hash is recorded: `register.exported`. The file itself, with its SHA-256 in `Repr-Digest`
         * @description For owner, dpo, auditor. Scope of a token: `register:read`.
         */
        get: operations["getRegisterExport"];
        put?: never;
        /**
         * A file of the register, as of any moment; its hash is recorded: `register.exported`
         * @description For owner, dpo, auditor. Scope of a token: `register:read`.
         */
        post: operations["postRegisterExport"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Quarterly reviews of who holds what, open ones first
         * @description For owner, dpo, auditor. Scope of a token: `people:read`.
         */
        get: operations["getReviews"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One review: each grant, when it was last used, and what was said of it
         * @description For owner, dpo, auditor. Scope of a token: `people:read`.
         */
        get: operations["getReviewsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say of a grant under review that it is kept or revoked, and why: `review.answered`; a second person confirms
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postReviewsByIdAnswers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/reviews/{id}/confirmations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Confirm, as a second person, what was said of a grant: `review.confirmed`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postReviewsByIdConfirmations"];
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
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's own sessions, newest first
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        get: operations["getSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a session: one's own, or an owner anybody's
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        delete: operations["deleteSessionsById"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How people sign in here, and what is not set
         * @description For owner, dpo. Not for tokens.
         */
        get: operations["getSettings"];
        put?: never;
        post?: never;
        delete?: never;
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
    "/api/v1/sign-in/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with what a passkey signed
         * @description For everybody.
         */
        post: operations["postSignInPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a browser signs in with
         * @description For everybody.
         */
        post: operations["postSignInPasskeyOptions"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How people sign in here
         * @description For everybody.
         */
        get: operations["getSignInWays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is still missing before work can begin, in order
         * @description For owner, dpo. Not for tokens.
         */
        get: operations["getStart"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/contracts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add what binds a controller and us: `contract.declared`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartContracts"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/controllers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Add a controller and who signs for it: `controller.declared`, `people.signatory_declared`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartControllers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/datasets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say which tables are a controller's, and what identifies people in them: `dataset.declared`, `dataset.checked`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartDatasets"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Invite a signatory: an account where there is none (`account.opened`), and a link that is good once. Where there is an account, for an owner alone
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartInvitations"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Say who you are: `people.declared`
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartMe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/stores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Connect a store: `environment.declared`, `store.declared`. Its address is kept in a file of its own, and never answered
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartStores"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/stores/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tables of a store and their columns, with what each may be about: suggested, never assumed
         * @description For owner, dpo. Not for tokens.
         */
        get: operations["getStartStoresById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/start/stores/try": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Look at the shape of a database: tables and columns, no row. Records and keeps nothing
         * @description For owner, dpo. Not for tokens.
         */
        post: operations["postStartStoresTry"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where client data may be: declared and observed
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `stores:read`.
         */
        get: operations["getStores"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sub-processors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who else gets data, under which contract, and until when its controller may object
         * @description For owner, dpo, auditor, signatory, viewer. Scope of a token: `controllers:read`.
         */
        get: operations["getSubProcessors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sweeps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Searches and what they covered, newest first
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `findings:read`.
         */
        get: operations["getSweeps"];
        put?: never;
        /**
         * Leave a search to the workers
         * @description For owner, dpo, engineer. Scope of a token: `sweeps:write`.
         */
        post: operations["postSweeps"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sweeps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One search: store by store what was read, what was not, and why
         * @description For owner, dpo, auditor, engineer, signatory, viewer. Scope of a token: `findings:read`.
         */
        get: operations["getSweepsById"];
        put?: never;
        post?: never;
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
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Tokens by which machines ask as this account does, for less
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        get: operations["getTokens"];
        put?: never;
        /**
         * Make a token for this account: `token.issued`. It is shown in this one answer and never again
         * @description For owner, dpo, engineer, analyst, signatory, viewer. Not for tokens.
         */
        post: operations["postTokens"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a token, from its next request on: `token.revoked`
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Not for tokens.
         */
        post: operations["postTokensByIdRevoke"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trainings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What has to be passed, and by how many it is
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `people:read`.
         */
        get: operations["getTrainings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trainings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One training: the text of its course and its questions, without which answers are right
         * @description For owner, dpo, engineer, analyst, auditor. Scope of a token: `people:read`.
         */
        get: operations["getTrainingsById"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trainings/{id}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give the answers of a training, all at once: `training.passed` or `training.failed`, with the score and never the answers
         * @description For owner, dpo, engineer, analyst. Not for tokens.
         */
        post: operations["postTrainingsByIdAnswers"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transfers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Governed copies, disclosures and returns, newest first
         * @description For owner, dpo, engineer, analyst, auditor, signatory, viewer. Scope of a token: `transfers:read`.
         */
        get: operations["getTransfers"];
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
    getAccounts: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            closedAt: string | null;
                            controller: {
                                id: string;
                                name: string;
                            } | null;
                            endsAt: string | null;
                            id: string;
                            /** @description until when a link that was not used yet is good; null: there is none */
                            invitedUntil: string | null;
                            /** @description since when it is known to the firm's own sign-in; null: it is not */
                            linkedAt: string | null;
                            name: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
                            passkeys: number;
                            person: string | null;
                            /** @enum {string} */
                            role: "owner" | "dpo" | "engineer" | "analyst" | "auditor" | "signatory" | "viewer";
                            sessions: number;
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
    postAccounts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    controller?: string;
                    /** @enum {string} */
                    role: "owner" | "dpo" | "engineer" | "analyst" | "auditor" | "signatory" | "viewer";
                    /** @description the first day it is no good any more; an auditor must have one */
                    until?: string;
                    who: string;
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
                        id: string;
                        state: string;
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
    postAccountsByIdClose: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        state: string;
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
    postAccountsByIdLink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        link: string;
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
    postAccountsByIdRole: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    role: "owner" | "dpo" | "engineer" | "analyst" | "auditor" | "signatory" | "viewer";
                    /** @description the first day it is no good any more; an auditor must have one */
                    until?: string;
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
                        id: string;
                        state: string;
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
    postAccountsByIdUnlink: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        state: string;
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
    getActivities: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
                state?: "refused" | "begun" | "made" | "failed" | "stopped";
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            begunAt: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            endedAt: string | null;
                            id: string;
                            instruction: string;
                            /** @enum {string} */
                            kind: "statement" | "model";
                            made: {
                                bytes: number;
                                columns: string[];
                                derived: string;
                                from: string[];
                                place: string;
                                rows: number | null;
                            } | null;
                            /** @description of the file */
                            name: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            purpose: string;
                            schedule: string | null;
                            sha256: string;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "refused" | "begun" | "made" | "failed" | "stopped";
                            store: string;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        schedules: {
                            because: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            cron: string;
                            endedAt: string | null;
                            id: string;
                            instruction: string;
                            keep: number | null;
                            missed: number;
                            name: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            store: string;
                            zone: string;
                        }[];
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
    getApprovals: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            askedAt: string;
                            endedAt: string | null;
                            givenAt: string | null;
                            givenBy: string | null;
                            id: string;
                            instruction: string;
                            minutes: number;
                            /** @description who asked, and then acts */
                            person: string;
                            reason: string;
                            /** @enum {string} */
                            state: "asked" | "given" | "refused" | "withdrawn" | "lapsed";
                            times: number;
                            /** @description the first moment at which it is good no more */
                            until: string | null;
                            /** @enum {string} */
                            use: "session" | "copy" | "disclose";
                            used: number;
                            /** @description all that a copy or a disclosure would do; null of sessions */
                            what: {
                                [key: string]: unknown;
                            } | null;
                            /** @description what it is given with: SHA-256 of `what` as canonical JSON */
                            whatSha256: string | null;
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
    postApprovalsByIdGive: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description `whatSha256` as it was shown */
                    what: string | null;
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        askedAt: string;
                        endedAt: string | null;
                        givenAt: string | null;
                        givenBy: string | null;
                        id: string;
                        instruction: string;
                        minutes: number;
                        /** @description who asked, and then acts */
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "given" | "refused" | "withdrawn" | "lapsed";
                        times: number;
                        /** @description the first moment at which it is good no more */
                        until: string | null;
                        /** @enum {string} */
                        use: "session" | "copy" | "disclose";
                        used: number;
                        /** @description all that a copy or a disclosure would do; null of sessions */
                        what: {
                            [key: string]: unknown;
                        } | null;
                        /** @description what it is given with: SHA-256 of `what` as canonical JSON */
                        whatSha256: string | null;
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
    postApprovalsByIdRefuse: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        askedAt: string;
                        endedAt: string | null;
                        givenAt: string | null;
                        givenBy: string | null;
                        id: string;
                        instruction: string;
                        minutes: number;
                        /** @description who asked, and then acts */
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "given" | "refused" | "withdrawn" | "lapsed";
                        times: number;
                        /** @description the first moment at which it is good no more */
                        until: string | null;
                        /** @enum {string} */
                        use: "session" | "copy" | "disclose";
                        used: number;
                        /** @description all that a copy or a disclosure would do; null of sessions */
                        what: {
                            [key: string]: unknown;
                        } | null;
                        /** @description what it is given with: SHA-256 of `what` as canonical JSON */
                        whatSha256: string | null;
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
    postApprovalsByIdWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        askedAt: string;
                        endedAt: string | null;
                        givenAt: string | null;
                        givenBy: string | null;
                        id: string;
                        instruction: string;
                        minutes: number;
                        /** @description who asked, and then acts */
                        person: string;
                        reason: string;
                        /** @enum {string} */
                        state: "asked" | "given" | "refused" | "withdrawn" | "lapsed";
                        times: number;
                        /** @description the first moment at which it is good no more */
                        until: string | null;
                        /** @enum {string} */
                        use: "session" | "copy" | "disclose";
                        used: number;
                        /** @description all that a copy or a disclosure would do; null of sessions */
                        what: {
                            [key: string]: unknown;
                        } | null;
                        /** @description what it is given with: SHA-256 of `what` as canonical JSON */
                        whatSha256: string | null;
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
    getAssessments: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                language?: "en" | "fr";
                /** @description items of a page */
                limit?: number;
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
                            article: string;
                            /** @description the question; null: answered now, and not recorded */
                            asks: string | null;
                            at: string;
                            controller: {
                                id: string;
                                name: string;
                            } | null;
                            euros: {
                                ceiling: number;
                                least: number;
                                most: number;
                            } | null;
                            id: string;
                            outcome: string;
                            reasons: string[];
                            rule: string;
                            /**
                             * @description declared: it rests on what was told
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            unconfirmed: string[];
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
    getAssessmentsById: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                language?: "en" | "fr";
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
                        activity: string | null;
                        article: string;
                        /** @description the question; null: answered now, and not recorded */
                        asks: string | null;
                        at: string;
                        by: string | null;
                        controller: {
                            id: string;
                            name: string;
                        } | null;
                        euros: {
                            ceiling: number;
                            least: number;
                            most: number;
                        } | null;
                        facts: {
                            name: string;
                            says: string | null;
                            source: string;
                            value: string;
                        }[];
                        id: string;
                        note: string | null;
                        outcome: string;
                        /** @description proposed, and not law */
                        pending: string[];
                        question: string | null;
                        reasons: string[];
                        /** @description null: answered now from what is declared, and not recorded */
                        recordedAt: string | null;
                        replaces: string | null;
                        rule: string;
                        since: {
                            /** @enum {string} */
                            is: "as it was" | "inputs changed since" | "rule changed since" | "replaced";
                            now: string | null;
                            says: string[];
                        } | null;
                        /**
                         * @description declared: it rests on what was told
                         * @enum {string}
                         */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        unconfirmed: string[];
                        verdict: ("yes" | "no" | "range" | "not in force") | null;
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
    postAssessmentsByIdReassess: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default {} */
                    facts?: {
                        [key: string]: {
                            source: string;
                            value: boolean | number | string | string[];
                        };
                    };
                    note?: string;
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
                        id: string;
                        outcome: string;
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
    postBegin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    country: string;
                    name: string;
                    /** @description names the logs, and never changes */
                    origin: string;
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
    getBreachRegister: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            awareAt: string;
                            /** @description null: not told */
                            categories: string[] | null;
                            /** @enum {string} */
                            cause: "sample" | "finding" | "told";
                            contract: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            delay: string | null;
                            effects: string | null;
                            /** @description null: the contract says nothing */
                            hoursGiven: number | null;
                            hoursTaken: number | null;
                            id: string;
                            lacks: ("not attributed" | "not counted" | "effects" | "remedial action" | "not told" | "not known whether told" | "told late, no reason")[];
                            late: boolean;
                            nature: string;
                            notices: number;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
                            openedBy: string;
                            origin: {
                                en: string[];
                                fr: string[];
                            };
                            /** @description everywhere; null: not counted yet */
                            people: ({
                                country: string;
                                /** @enum {string} */
                                kind: "known";
                                people: number;
                            } | {
                                country: string;
                                /** @description null: at least so many */
                                high: number | null;
                                /** @enum {string} */
                                kind: "range";
                                low: number;
                            } | {
                                country: string;
                                /** @enum {string} */
                                kind: "unknown";
                            }) | null;
                            remedialAction: string | null;
                            toldAt: string | null;
                        }[];
                        /** @description records that lack something */
                        lacking: number;
                        late: number;
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        processor: string;
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
    getBreachRegisterExport: {
        parameters: {
            query: {
                at?: string;
                controller?: string;
                format: "json" | "csv" | "pdf";
                language?: "en" | "fr";
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
                    "application/json": unknown;
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
    postBreachRegisterExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    at?: string;
                    controller?: string;
                    /** @enum {string} */
                    format: "json" | "csv" | "pdf";
                    /**
                     * @default en
                     * @enum {string}
                     */
                    language?: "en" | "fr";
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
                        base64: string;
                        bytes: number;
                        entry: string;
                        mediaType: string;
                        name: string;
                        sha256: string;
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
    getBreaches: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            attributed: boolean;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            awareAt: string;
                            cause: {
                                finding: string | null;
                                /** @description rows of a sample that are of its people */
                                found: number | null;
                                /** @enum {string} */
                                kind: "sample" | "finding" | "told";
                                people: number | null;
                            };
                            contract: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            counted: boolean;
                            described: boolean;
                            due: string | null;
                            id: string;
                            nature: string;
                            notices: number;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
                            openedBy: string;
                            overdue: boolean;
                            /** @description everywhere; null: not counted yet */
                            people: ({
                                country: string;
                                /** @enum {string} */
                                kind: "known";
                                people: number;
                            } | {
                                country: string;
                                /** @description null: at least so many */
                                high: number | null;
                                /** @enum {string} */
                                kind: "range";
                                low: number;
                            } | {
                                country: string;
                                /** @enum {string} */
                                kind: "unknown";
                            }) | null;
                            sentAt: string | null;
                            /** @enum {string} */
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
    postBreaches: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    awareAt?: string;
                    controller?: string;
                    finding?: string;
                    nature: string;
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
                        breaches: string[];
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
    getBreachesById: {
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
                        attributed: boolean;
                        attribution: {
                            answer: string;
                            columns: string[];
                            compared: number;
                            dataset: string;
                            fits: {
                                copy: string;
                                share: number;
                                shareBesideUnknown: number;
                            }[];
                            limits: string[];
                            people: number | null;
                            rows: number;
                            says: {
                                en: string;
                                fr: string;
                            };
                            telling: number;
                        }[];
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        awareAt: string;
                        cause: {
                            finding: string | null;
                            /** @description rows of a sample that are of its people */
                            found: number | null;
                            /** @enum {string} */
                            kind: "sample" | "finding" | "told";
                            people: number | null;
                        };
                        clocks: {
                            due: string | null;
                            law: string;
                            of: string;
                            over: boolean;
                        }[];
                        contract: string;
                        controller: {
                            id: string;
                            name: string;
                        };
                        counted: boolean;
                        countedFrom: {
                            asOf: string | null;
                            limits: ("counted later" | "partly counted" | "overlap" | "more than counted")[];
                            places: string[];
                            /** @enum {string} */
                            source: "stores" | "recorded earlier" | "both" | "none";
                        } | null;
                        described: boolean;
                        due: string | null;
                        effects: string | null;
                        figures: ({
                            country: string;
                            /** @enum {string} */
                            kind: "known";
                            people: number;
                        } | {
                            country: string;
                            /** @description null: at least so many */
                            high: number | null;
                            /** @enum {string} */
                            kind: "range";
                            low: number;
                        } | {
                            country: string;
                            /** @enum {string} */
                            kind: "unknown";
                        })[];
                        id: string;
                        measures: string | null;
                        nature: string;
                        noticeList: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            draftedAt: string;
                            phase: number;
                            sent: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                by: string;
                                channel: string;
                                /**
                                 * @description begun, unknown: nobody knows whether it arrived
                                 * @enum {string}
                                 */
                                outcome: "begun" | "sent" | "not sent" | "unknown";
                                receipt: string | null;
                            }[];
                            sha256: string;
                            text: {
                                en: string;
                                fr: string;
                            };
                        }[];
                        notices: number;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        openedAt: string;
                        openedBy: string;
                        overdue: boolean;
                        /** @description everywhere; null: not counted yet */
                        people: ({
                            country: string;
                            /** @enum {string} */
                            kind: "known";
                            people: number;
                        } | {
                            country: string;
                            /** @description null: at least so many */
                            high: number | null;
                            /** @enum {string} */
                            kind: "range";
                            low: number;
                        } | {
                            country: string;
                            /** @enum {string} */
                            kind: "unknown";
                        }) | null;
                        sentAt: string | null;
                        /** @enum {string} */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
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
    postBreachesByIdCount: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        source: string;
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
    postBreachesByIdDescribe: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    effects: string;
                    measures: string;
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
                        id: string;
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
    postBreachesByIdNotices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        phase: number;
                        sha256: string;
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
    postBreachesByIdSamples: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        /** @description the file: delimited text, JSON or JSON lines, gzipped or not, at most 16 MiB, as application/octet-stream. It is read in memory, and kept nowhere */
        requestBody: {
            content: {
                "application/octet-stream": unknown;
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
                        id: string;
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
    postBreachesByIdSend: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    phase: number;
                    receipt: string;
                    to: string;
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
                        number: number;
                        phase: number;
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
    postBreachesSamples: {
        parameters: {
            query: {
                awareAt?: string;
                controller?: string;
                nature: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description the file: delimited text, JSON or JSON lines, gzipped or not, at most 16 MiB, as application/octet-stream. It is read in memory, and kept nowhere */
        requestBody: {
            content: {
                "application/octet-stream": unknown;
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
                        breaches: string[];
                        rows: number;
                        sha256: string;
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
    getCertificatesById: {
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
                        controller: {
                            id: string;
                            name: string;
                        };
                        /** @description what was signed */
                        document: {
                            [key: string]: unknown;
                        };
                        entry: number;
                        /** @description DSSE, in base64 */
                        envelope: string;
                        erasure: string;
                        /** @enum {string} */
                        erasureState: "opened" | "planned" | "erasing" | "searched_again" | "confirmed" | "certified" | "reopened";
                        /** @description open ones of the same controller that are later */
                        findings: string[];
                        holds: boolean;
                        id: string;
                        invalidatedAt: string | null;
                        invalidatedBecause: string | null;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        issuedAt: string;
                        /** @description of the signed envelope */
                        sha256: string;
                        /**
                         * @description verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds
                         * @enum {string}
                         */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @enum {string} */
                        status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                        versions: string[];
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
    postCertificatesByIdPages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    language: "en" | "fr";
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
                        pdf: string;
                        sha256: string;
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
    getClientHome: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description left out by a controller's own people */
                controller?: string;
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
                        allowed: {
                            /** @description who read most under it, of the newest sessions */
                            by: {
                                person: {
                                    id: string;
                                    name: string;
                                };
                                rows: number;
                            }[];
                            id: string;
                            operations: string[];
                            rows: number;
                            sessions: number;
                            text: string;
                            until: string | null;
                        }[];
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        at: string;
                        checkpoint: {
                            /** @description of the newest checkpoint */
                            at: string | null;
                            entries: number;
                            fixed: number | null;
                            snapshot: number | null;
                            witnesses: number;
                        };
                        contracts: {
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
                        controller: {
                            id: string;
                            name: string;
                        };
                        countries: {
                            /** @description null: not told */
                            country: string | null;
                            places: number;
                        }[];
                        /** @description sub-processors that wait for a word */
                        objections: {
                            contract: string;
                            name: string;
                            /** @description null: it gets nothing before it is authorised by name */
                            until: string | null;
                        }[];
                        places: {
                            people: {
                                atLeast: number;
                                atMost: number;
                            };
                            underInstruction: number;
                            underNone: number;
                        };
                        processor: {
                            country: string;
                            name: string;
                        };
                        refused: number;
                        /** @description there are more than `refused` */
                        refusedMore: boolean;
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
                        /** @enum {string} */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @description notices that nobody acknowledged */
                        unread: number;
                        waits: {
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
                            kind: "finding" | "proposal" | "grant" | "approval" | "training" | "copy" | "exit" | "choice" | "breach" | "road";
                            overdue: boolean;
                            people: {
                                atLeast: number;
                                atMost: number;
                            } | null;
                            since: string | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
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
    getClientUse: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description left out by a controller's own people */
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                instruction?: string;
                /** @description items of a page */
                limit?: number;
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
                            bytes: number;
                            exact: boolean;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            from: string;
                            id: string;
                            instruction: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            purpose: string;
                            /** @description that left; at most, while it is open */
                            rows: number;
                            store: string;
                            /** @description null: it is open */
                            until: string | null;
                        }[];
                        /** @description there are older ones than are listed: they are in the evidence */
                        more: boolean;
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        refused: number;
                        /** @description there are more than `refused` */
                        refusedMore: boolean;
                        /** @description items of all pages */
                        total: number;
                        watchedSince: string | null;
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
    getContractsById: {
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
                        breachNoticeHours: number | null;
                        /** @description null: nobody chose, and nothing is assumed */
                        choice: {
                            /** @enum {string} */
                            choice: "delete" | "return" | "send_on";
                            /** @enum {string} */
                            from: "contract" | "signatory";
                            recipient: string | null;
                        } | null;
                        choices: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            by: string | null;
                            /** @enum {string} */
                            choice: "delete" | "return" | "send_on";
                            /** @enum {string} */
                            key: "signatory" | "this machine" | "passkey";
                            recipient: string | null;
                        }[];
                        clause: string | null;
                        controller: {
                            id: string;
                            name: string;
                        };
                        deadline: string | null;
                        /** @description hash of the signed text */
                        document: string | null;
                        elements: {
                            /** @enum {string} */
                            element: "subject matter" | "28(3)(a) instructions" | "28(3)(b) confidentiality" | "28(3)(c) security" | "28(3)(d) sub-processors" | "28(3)(e) rights of people" | "28(3)(f) assistance" | "28(3)(g) end" | "28(3)(h) audits";
                            says: string | null;
                            /** @enum {string} */
                            told: "told" | "in the document" | "missing";
                        }[];
                        endedAt: string | null;
                        endedBecause: string | null;
                        ends: string | null;
                        erasure: string | null;
                        id: string;
                        instructions: {
                            id: string;
                            name: string;
                            state: string;
                        }[];
                        released: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            by: string | null;
                            /** @enum {string} */
                            how: "received" | "waived";
                        }[];
                        retrievalDays: number | null;
                        returnKey: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            by: string | null;
                            recipient: string;
                        } | null;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        starts: string;
                        subjectMatter: string | null;
                        terms: {
                            asks: string;
                            clause: string | null;
                            from: ("bailee.yaml" | "recorded") | null;
                            /**
                             * @description none: somebody looked, and the contract has none
                             * @enum {string}
                             */
                            standing: "stands" | "none" | "not told";
                            /** @description by article: `28(3)(b)` */
                            term: string;
                        }[];
                        /** @description null: not told */
                        transfers: {
                            country: string;
                            tool: string;
                        }[] | null;
                        withinDays: number | null;
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
    postContractsByIdChoice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    choice: "delete" | "return" | "send_on";
                    /** @description to whom; with send_on alone */
                    recipient?: string;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        id: string;
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
    postContractsByIdChoiceOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    choice: "delete" | "return" | "send_on";
                    /** @description to whom; with send_on alone */
                    recipient?: string;
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    postContractsByIdEnd: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    terminated?: boolean;
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
                        id: string;
                        state: string;
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
    postContractsByIdRelease: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    how: "received" | "waived";
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        id: string;
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
    postContractsByIdReleaseOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    how: "received" | "waived";
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    postContractsByIdReturnKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description as age-keygen prints it: age1... */
                    recipient: string;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        id: string;
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
    postContractsByIdReturnKeyOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description as age-keygen prints it: age1... */
                    recipient: string;
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    postContractsByIdSubProcessors: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @description of an objection */
                    reasons?: string;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
                    /** @enum {string} */
                    says: "objected" | "authorised";
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
                        id: string;
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
    postContractsByIdSubProcessorsOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    /** @description of an objection */
                    reasons?: string;
                    /** @enum {string} */
                    says: "objected" | "authorised";
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    postContractsByIdTerms: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    clause: string;
                    /** @enum {string} */
                    term: "28(3).subject_matter" | "28(3).duration" | "28(3).nature" | "28(3).purpose" | "28(3).data_types" | "28(3).data_subjects" | "28(3).controller" | "28(3)(a)" | "28(3)(b)" | "28(3)(c)" | "28(3)(d)" | "28(3)(e)" | "28(3)(f)" | "28(3)(g)" | "28(3)(h)" | "28(9)";
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
                        id: string;
                        state: string;
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
                        /** @description of all pages: controllers with an open finding */
                        found: number;
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
    getCopies: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description `true`: those that are gone as well */
                gone?: string;
                kind?: "dataset" | "derived" | "transfer" | "finding";
                limit?: number;
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
                        environments: {
                            /** @enum {string} */
                            class: "production" | "non-production";
                            country: string | null;
                            id: string;
                            stores: {
                                copies: number;
                                environment: string;
                                id: string;
                                kind: string;
                                /**
                                 * @description of the newest search: verified when nothing of it was left out
                                 * @enum {string}
                                 */
                                standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            }[];
                        }[];
                        items: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            environment: string;
                            /** @description datasets or places that it was made from */
                            from: string[];
                            gone: boolean;
                            id: string;
                            /** @description null: none covers it, or it is the dataset itself */
                            instruction: string | null;
                            /**
                             * @description declared; derived under an instruction; a governed copy; found under none
                             * @enum {string}
                             */
                            kind: "dataset" | "derived" | "transfer" | "finding";
                            others: number;
                            /** @description null: not counted */
                            people: number | null;
                            place: string;
                            rows: number | null;
                            /** @description when a search last saw it there */
                            seenAt: string | null;
                            since: string | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            store: string;
                            until: string | null;
                        }[];
                        /** @description steps of the slider, oldest first */
                        moments: {
                            about: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            count: number;
                            /** @enum {string} */
                            what: "declared" | "derived" | "copied" | "erased" | "found" | "resolved" | "searched" | "disclosed";
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        /** @description with sub-processors: their word */
                        outside: {
                            country: string;
                            disclosures: number;
                            last: string | null;
                            name: string;
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
                        /** @description items of all pages */
                        total: number;
                        underInstruction: number;
                        underNone: number;
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
    getCopiesById: {
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
                        because: string | null;
                        columns: {
                            how: string | null;
                            is: string;
                            name: string;
                        }[];
                        /** @description the same in the terminal */
                        command: string;
                        controller: {
                            id: string;
                            name: string;
                        };
                        environment: string;
                        /** @description datasets or places that it was made from */
                        from: string[];
                        gone: boolean;
                        id: string;
                        /** @description null: none covers it, or it is the dataset itself */
                        instruction: string | null;
                        /**
                         * @description declared; derived under an instruction; a governed copy; found under none
                         * @enum {string}
                         */
                        kind: "dataset" | "derived" | "transfer" | "finding";
                        madeAfter: string | null;
                        madeBefore: string | null;
                        near: {
                            /** @description own ones were looked for among the newest alone */
                            cut: boolean;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            from: string;
                            more: boolean;
                            /** @description only those of whoever asks are shown: others there may be */
                            own: boolean;
                            refusals: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                /** @description null: it was refused before it was known whose data were meant */
                                controller: {
                                    id: string;
                                    name: string;
                                } | null;
                                datasets: string[];
                                entry: number;
                                environment: string | null;
                                failing: string[];
                                /** @description the log and the index of its entry: LOG-INDEX */
                                id: string;
                                operation: string | null;
                                /** @enum {string} */
                                outcome: "allowed" | "refused";
                                person: {
                                    id: string;
                                    name: string;
                                } | null;
                                purpose: string | null;
                                /** @description false: its key was destroyed, and what was decided is not known any more */
                                readable: boolean;
                                under: string[];
                            }[];
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            to: string;
                        } | null;
                        others: number;
                        /** @description null: not counted */
                        people: number | null;
                        peopleBounds: {
                            atLeast: number;
                            atMost: number;
                        } | null;
                        person: {
                            id: string;
                            name: string;
                        } | null;
                        place: string;
                        purpose: string | null;
                        /** @description other copies of the same source */
                        related: string[];
                        rows: number | null;
                        /** @description when a search last saw it there */
                        seenAt: string | null;
                        since: string | null;
                        /** @enum {string} */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        store: string;
                        until: string | null;
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
    getDecisions: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
                outcome?: "allowed" | "refused";
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            /** @description null: it was refused before it was known whose data were meant */
                            controller: {
                                id: string;
                                name: string;
                            } | null;
                            datasets: string[];
                            entry: number;
                            environment: string | null;
                            failing: string[];
                            /** @description the log and the index of its entry: LOG-INDEX */
                            id: string;
                            operation: string | null;
                            /** @enum {string} */
                            outcome: "allowed" | "refused";
                            person: {
                                id: string;
                                name: string;
                            } | null;
                            purpose: string | null;
                            /** @description false: its key was destroyed, and what was decided is not known any more */
                            readable: boolean;
                            under: string[];
                        }[];
                        /** @description there are more than `total`, which is where counting ended */
                        more: boolean;
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
    getDecisionsById: {
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
                        /** @description what was asked for, as it was recorded */
                        act: {
                            [key: string]: unknown;
                        } | null;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        at: string;
                        because: string | null;
                        /** @description null: it was refused before it was known whose data were meant */
                        controller: {
                            id: string;
                            name: string;
                        } | null;
                        datasets: string[];
                        decision: {
                            against: string[];
                            articles: string[];
                            exposure: string[];
                            failing: ("contract" | "purpose" | "operation" | "data" | "environment" | "recipient" | "identifiable" | "time" | "commitment" | "training" | "grant" | "approval")[];
                            /** @enum {string} */
                            outcome: "allowed" | "refused";
                            under: string[];
                        } | null;
                        entry: number;
                        environment: string | null;
                        failing: string[];
                        /** @description the log and the index of its entry: LOG-INDEX */
                        id: string;
                        /** @description what the same act would come to at the moment shown; null where that cannot be judged */
                        now: {
                            against: string[];
                            articles: string[];
                            exposure: string[];
                            failing: ("contract" | "purpose" | "operation" | "data" | "environment" | "recipient" | "identifiable" | "time" | "commitment" | "training" | "grant" | "approval")[];
                            /** @enum {string} */
                            outcome: "allowed" | "refused";
                            under: string[];
                        } | null;
                        operation: string | null;
                        /** @enum {string} */
                        outcome: "allowed" | "refused";
                        person: {
                            id: string;
                            name: string;
                        } | null;
                        purpose: string | null;
                        /** @description false: its key was destroyed, and what was decided is not known any more */
                        readable: boolean;
                        /** @description accepted instructions of the same controller, from the one that lacks least */
                        roads: {
                            failing: ("contract" | "purpose" | "operation" | "data" | "environment" | "recipient" | "identifiable" | "time" | "commitment" | "training" | "grant" | "approval")[];
                            instruction: string;
                            text: string;
                        }[];
                        under: string[];
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
    postEmergenciesByIdReview: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    says: string;
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
                        id: string;
                        state: string;
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
    getErasures: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            cause: string;
                            certificate: {
                                controller: {
                                    id: string;
                                    name: string;
                                };
                                entry: number;
                                erasure: string;
                                id: string;
                                invalidatedAt: string | null;
                                invalidatedBecause: string | null;
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                issuedAt: string;
                                /**
                                 * @description verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds
                                 * @enum {string}
                                 */
                                standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                                /** @enum {string} */
                                status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                            } | null;
                            choice: string;
                            contract: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            deadline: string;
                            done: number;
                            id: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
                            overdue: boolean;
                            paused: {
                                at: string | null;
                                by: string;
                            } | null;
                            places: number;
                            /** @description people still found by the second search; null: not searched again, so not known */
                            residual: number | null;
                            retrieveUntil: string | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "opened" | "planned" | "erasing" | "searched_again" | "confirmed" | "certified" | "reopened";
                            waits: {
                                because: string;
                                what: string;
                            } | null;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        requests: {
                            closedAt: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            erased: number | null;
                            found: number | null;
                            id: string;
                            instruction: string;
                            /** @enum {string} */
                            kind: "access" | "erasure";
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
                            operator: string;
                            residual: number | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        }[];
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
    getErasuresById: {
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
                        blocked: {
                            because: string;
                            place: string;
                            store: string;
                        }[];
                        cause: string;
                        certificate: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            entry: number;
                            erasure: string;
                            id: string;
                            invalidatedAt: string | null;
                            invalidatedBecause: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            issuedAt: string;
                            /**
                             * @description verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                        } | null;
                        certificates: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            entry: number;
                            erasure: string;
                            id: string;
                            invalidatedAt: string | null;
                            invalidatedBecause: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            issuedAt: string;
                            /**
                             * @description verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                        }[];
                        choice: string;
                        confirmedBy: string | null;
                        contract: string;
                        controller: {
                            id: string;
                            name: string;
                        };
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        deadline: string;
                        done: number;
                        exceptions: {
                            by: string;
                            id: string;
                            jurisdiction: string;
                            place: string;
                            rows: string | null;
                            statute: string;
                            store: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            until: string;
                        }[];
                        history: {
                            confirmedAt: string | null;
                            left: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                /** @enum {string} */
                                kind: "search" | "search again";
                                /** @description known to be left: at least so many */
                                people: number;
                                /** @description something was not searched */
                                unsure: boolean;
                            }[];
                            plannedAt: string | null;
                        };
                        id: string;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        openedAt: string;
                        operator: string | null;
                        operators: string[];
                        overdue: boolean;
                        paused: {
                            at: string | null;
                            by: string;
                        } | null;
                        placeList: {
                            because: string | null;
                            begunAt: string | null;
                            doneAt: string | null;
                            environment: string;
                            /** @description people */
                            found: number;
                            /** @description people found there by the second search; null: not searched again */
                            left: number | null;
                            method: string;
                            number: number;
                            place: string;
                            rows: number;
                            rowsErased: number | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "planned" | "begun" | "done" | "blocked";
                            store: string;
                            what: string;
                        }[];
                        places: number;
                        /** @description people still found by the second search; null: not searched again, so not known */
                        residual: number | null;
                        retrieveUntil: string | null;
                        round: number;
                        searchedAgain: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            searched: number;
                            stores: number;
                            sweep: string;
                        } | null;
                        /** @enum {string} */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @enum {string} */
                        state: "opened" | "planned" | "erasing" | "searched_again" | "confirmed" | "certified" | "reopened";
                        subProcessors: {
                            askedAt: string | null;
                            country: string;
                            name: string;
                            outcome: ("certificate" | "statement" | "none") | null;
                            remind: boolean;
                            says: string | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        }[];
                        terms: {
                            /** @description null: nobody chose */
                            choice: ("delete" | "return" | "send_on") | null;
                            chosenAt: string | null;
                            chosenBy: string | null;
                            clause: string | null;
                            /** @description from the end to the deadline */
                            days: number;
                            endedAt: string | null;
                            recipient: string | null;
                        };
                        /** @description what the certificate would say now */
                        today: {
                            backups: {
                                store: string;
                                until: string;
                            }[];
                            obstacles: {
                                because: string;
                                place: string;
                                store: string;
                            }[];
                            /** @enum {string} */
                            status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                        };
                        waits: {
                            because: string;
                            what: string;
                        } | null;
                        workers: {
                            done: number;
                            secondsLeft: number | null;
                            share: number | null;
                            store: string | null;
                            total: number;
                            work: string;
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
    postErasuresByIdCertify: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        status: string;
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
    postErasuresByIdConfirm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        state: string;
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
    postErasuresByIdRun: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        /** @enum {string} */
                        state: "waiting";
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
    getEvents: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description text/event-stream; data of `changed`: {nouns, at} */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": string;
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
    getEvidence: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description left out by a controller's own people */
                controller?: string;
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
                        /** @description taken here, newest first */
                        bundles: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            bytes: number;
                            entries: number;
                            /** @description whether this account took it */
                            mine: boolean;
                            /** @description of the file */
                            sha256: string;
                        }[];
                        certificates: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            entry: number;
                            erasure: string;
                            id: string;
                            invalidatedAt: string | null;
                            invalidatedBecause: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            issuedAt: string;
                            /**
                             * @description verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            status: "complete" | "complete_with_exceptions" | "pending_backup_expiry" | "partial" | "invalidated";
                        }[];
                        commands: string[];
                        controller: {
                            id: string;
                            name: string;
                        };
                        key: {
                            name: string;
                            /** @description what to compare with the one in your contract */
                            vkey: string | null;
                            /** @description the same as eight words, to be read aloud */
                            words: string[];
                        };
                        log: {
                            fixed: {
                                root: string;
                                size: number;
                                snapshot: number;
                            } | null;
                            origin: string;
                            size: number;
                        };
                        root: {
                            origin: string;
                            snapshots: number;
                        };
                        witnesses: {
                            configured: number;
                            /** @description that have seen the newest snapshot */
                            cosigned: number;
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
    postEvidenceBundle: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description left out by a controller's own people */
                    controller?: string;
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
                    "application/json": unknown;
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
    getFindingsById: {
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
                        because: string | null;
                        /** @description other controllers in the same place, for the firm's own people alone */
                        beside: string[];
                        breaches: string[];
                        columns: {
                            field: number;
                            form: string | null;
                            is: string;
                            name: string | null;
                            values: number;
                        }[];
                        confirmedRows: number | null;
                        controller: {
                            id: string;
                            name: string;
                        };
                        datasets: string[];
                        /** @description index in the log of its controller */
                        entry: number;
                        environment: string;
                        erasures: string[];
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
                        made: {
                            after: string | null;
                            because: string;
                            before: string | null;
                            several: boolean;
                            values: {
                                changed: number;
                                held: number;
                            } | null;
                        } | null;
                        madeAfter: string | null;
                        madeBecause: string | null;
                        madeBefore: string | null;
                        mixed: boolean;
                        near: {
                            /** @description own ones were looked for among the newest alone */
                            cut: boolean;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            from: string;
                            more: boolean;
                            /** @description only those of whoever asks are shown: others there may be */
                            own: boolean;
                            refusals: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                /** @description null: it was refused before it was known whose data were meant */
                                controller: {
                                    id: string;
                                    name: string;
                                } | null;
                                datasets: string[];
                                entry: number;
                                environment: string | null;
                                failing: string[];
                                /** @description the log and the index of its entry: LOG-INDEX */
                                id: string;
                                operation: string | null;
                                /** @enum {string} */
                                outcome: "allowed" | "refused";
                                person: {
                                    id: string;
                                    name: string;
                                } | null;
                                purpose: string | null;
                                /** @description false: its key was destroyed, and what was decided is not known any more */
                                readable: boolean;
                                under: string[];
                            }[];
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            to: string;
                        } | null;
                        /** @description other controllers with records in the same place, as far as this account may know: at least 1 when mixed */
                        others: number;
                        parts: {
                            kind: string;
                            name: string;
                            people: number;
                            rows: number;
                        }[];
                        people: number;
                        place: string;
                        readAt: string | null;
                        reasons: string[];
                        rows: number;
                        /** @description where to look: no value */
                        samples: {
                            columns: string[];
                            in: string;
                            offset: number;
                        }[];
                        /** @description of the records of its dataset; null: not known */
                        share: number | null;
                        /** @enum {string} */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        /** @enum {string} */
                        state: "open" | "resolved";
                        store: string;
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
    postGrants: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    instruction: string;
                    person: string;
                    until: string;
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
                        id: string;
                        state: string;
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
    postGrantsByIdApprove: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        state: string;
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
    postGrantsByIdRevoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        state: string;
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
                            /** @description where the key is that signed: with the signatory, on this machine, or in a passkey */
                            acceptedWith: ("signatory" | "this machine" | "passkey") | null;
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
                            /** @description why its controller refused it or took it back */
                            endedReason: string | null;
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
                             * @description of its acceptance: verified with a key or a passkey that the signatory keeps, declared with one on this machine, pending while it is proposed
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
    postInstructions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description as in bailee.yaml */
                    scope: {
                        contract: string;
                        data: {
                            [key: string]: "*" | string[];
                        };
                        environments: string[];
                        expires_after_days?: number;
                        from: string;
                        id: string;
                        identifiable?: boolean;
                        operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                        purposes: string[];
                        recipients?: string[];
                        rows_per_day?: number;
                        rows_per_session?: number;
                        /** @description uses that a second person approves each time */
                        second_person?: {
                            minutes: number;
                            uses: ("session" | "copy" | "disclose")[];
                        };
                        sensitive?: string[];
                        supersedes?: string;
                        text: string;
                        transform?: {
                            [key: string]: unknown;
                        };
                        until?: string;
                    };
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
                        id: string;
                        state: string;
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
                        /** @description where the key is that signed: with the signatory, on this machine, or in a passkey */
                        acceptedWith: ("signatory" | "this machine" | "passkey") | null;
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
                        /** @description why its controller refused it or took it back */
                        endedReason: string | null;
                        environments: string[];
                        from: string | null;
                        grantList: {
                            approvedAt: string | null;
                            approvedBy: string | null;
                            /** @description why it was opened without a second person */
                            emergency: string | null;
                            holds: boolean;
                            id: string;
                            instruction: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            proposedBy: string | null;
                            reviewedAt: string | null;
                            reviewedBy: string | null;
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
                         * @description of its acceptance: verified with a key or a passkey that the signatory keeps, declared with one on this machine, pending while it is proposed
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
                        /** @description that it infringes the law (Art. 28(3)), the newest first */
                        warnings: {
                            answer: ("upheld" | "agreed") | null;
                            answerSays: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            by: string;
                            endedAt: string | null;
                            number: number;
                            provision: string;
                            reasons: string | null;
                            suspended: boolean;
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
    postInstructionsByIdAcceptance: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        id: string;
                        state: string;
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
    postInstructionsByIdAcceptanceOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and the scope */
                        bytes: string;
                        /** @description SHA-256 of the proposal, as its page shows it */
                        hash: string;
                        instruction: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        words: {
                            en: string;
                            fr: string;
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
    postInstructionsByIdAnswer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    answer: "upheld" | "agreed";
                    /** @description of the warning */
                    number: number;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
                    says: string;
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
                        id: string;
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
    postInstructionsByIdAnswerOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    answer: "upheld" | "agreed";
                    /** @description of the warning */
                    number: number;
                    says: string;
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    postInstructionsByIdEmergencies: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default 60 */
                    minutes?: number;
                    reason: string;
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
                        id: string;
                        state: string;
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
    postInstructionsByIdWarnings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    provision: string;
                    reasons: string;
                    /** @default false */
                    suspend?: boolean;
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
                        id: string;
                        suspended: boolean;
                        warning: number;
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
    postInstructionsByIdWithdraw: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason?: string;
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
                        id: string;
                        state: string;
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
    postInstructionsByIdWithdrawal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason?: string;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            authenticatorData: string;
                            clientDataJSON: string;
                            signature: string;
                            userHandle?: string;
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        id: string;
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
    postInstructionsByIdWithdrawalOptions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason?: string;
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
                        /** @description base64 of what is signed: a line that says what it is, then JCS of the log and of what is said */
                        bytes: string;
                        /** @description the log of the controller, which is signed with it */
                        log: string;
                        /** @description base64; the challenge is SHA-256 of `bailee/passkey/v1\n`, the nonce and the SHA-256 of the bytes */
                        nonce: string;
                        options: {
                            [key: string]: unknown;
                        };
                        subject: string;
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
    getInstructionsChoices: {
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
                        /** @description that have not ended */
                        contracts: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            ends: string | null;
                            id: string;
                            /** @description that its next instruction may have */
                            nextId: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            starts: string;
                        }[];
                        datasets: {
                            columns: {
                                category: string;
                                identifies: boolean;
                                name: string;
                            }[];
                            controller: string;
                            environment: string;
                            id: string;
                            store: string;
                        }[];
                        environments: {
                            /** @enum {string} */
                            class: "production" | "non-production";
                            id: string;
                        }[];
                        /** @description to try an act as */
                        people: {
                            id: string;
                            name: string;
                        }[];
                        /** @description that an instruction names already */
                        purposes: string[];
                        /** @description ids of instructions there are */
                        taken: string[];
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
    getInstructionsDrafts: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            changedAt: string;
                            id: string;
                            scope: {
                                contract: string;
                                data: {
                                    [key: string]: "*" | string[];
                                };
                                environments: string[];
                                expires_after_days?: number;
                                from: string;
                                id: string;
                                identifiable?: boolean;
                                operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                                purposes: string[];
                                recipients?: string[];
                                rows_per_day?: number;
                                rows_per_session?: number;
                                sensitive?: string[];
                                supersedes?: string;
                                text: string;
                                transform?: {
                                    [key: string]: unknown;
                                };
                                until?: string;
                            };
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
    postInstructionsDrafts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                    scope: {
                        contract: string;
                        data: {
                            [key: string]: "*" | string[];
                        };
                        environments: string[];
                        expires_after_days?: number;
                        from: string;
                        id: string;
                        identifiable?: boolean;
                        operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                        purposes: string[];
                        recipients?: string[];
                        rows_per_day?: number;
                        rows_per_session?: number;
                        sensitive?: string[];
                        supersedes?: string;
                        text: string;
                        transform?: {
                            [key: string]: unknown;
                        };
                        until?: string;
                    };
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        changedAt: string;
                        id: string;
                        scope: {
                            contract: string;
                            data: {
                                [key: string]: "*" | string[];
                            };
                            environments: string[];
                            expires_after_days?: number;
                            from: string;
                            id: string;
                            identifiable?: boolean;
                            operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                            purposes: string[];
                            recipients?: string[];
                            rows_per_day?: number;
                            rows_per_session?: number;
                            sensitive?: string[];
                            supersedes?: string;
                            text: string;
                            transform?: {
                                [key: string]: unknown;
                            };
                            until?: string;
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
    getInstructionsDraftsById: {
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        changedAt: string;
                        id: string;
                        scope: {
                            contract: string;
                            data: {
                                [key: string]: "*" | string[];
                            };
                            environments: string[];
                            expires_after_days?: number;
                            from: string;
                            id: string;
                            identifiable?: boolean;
                            operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                            purposes: string[];
                            recipients?: string[];
                            rows_per_day?: number;
                            rows_per_session?: number;
                            sensitive?: string[];
                            supersedes?: string;
                            text: string;
                            transform?: {
                                [key: string]: unknown;
                            };
                            until?: string;
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
    postInstructionsDraftsByIdDiscard: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
    postInstructionsPreview: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description one act to try */
                    act?: {
                        controller: string;
                        data: {
                            [key: string]: "*" | string[];
                        };
                        environment: string;
                        identifiable: boolean;
                        instruction?: string;
                        /** @enum {string} */
                        operation: "read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search";
                        person: string;
                        purpose: string;
                        recipient?: string;
                    };
                    /**
                     * @description acts of so many days to try
                     * @default 90
                     */
                    days?: number;
                    /** @description as in bailee.yaml */
                    scope: {
                        contract: string;
                        data: {
                            [key: string]: "*" | string[];
                        };
                        environments: string[];
                        expires_after_days?: number;
                        from: string;
                        id: string;
                        identifiable?: boolean;
                        operations: ("read" | "write" | "derive" | "copy" | "disclose" | "return" | "erase" | "search")[];
                        purposes: string[];
                        recipients?: string[];
                        rows_per_day?: number;
                        rows_per_session?: number;
                        /** @description uses that a second person approves each time */
                        second_person?: {
                            minutes: number;
                            uses: ("session" | "copy" | "disclose")[];
                        };
                        sensitive?: string[];
                        supersedes?: string;
                        text: string;
                        transform?: {
                            [key: string]: unknown;
                        };
                        until?: string;
                    };
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
                        acts: {
                            /** @description there were more than were tried */
                            capped: boolean;
                            changed: {
                                decision: string;
                                /** @enum {string} */
                                now: "allowed" | "refused";
                            }[];
                            newlyAllowed: number;
                            newlyRefused: number;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            since: string;
                            stillAllowed: number;
                            tried: number;
                        };
                        /** @description whether it would allow anything at all */
                        allows: boolean;
                        columns: {
                            allowed: string[];
                            /** @description declared, and not named */
                            closed: string[];
                            dataset: string;
                            environment: string;
                            identifying: string[];
                            /** @description where it lies is among the environments named */
                            reached: boolean;
                            /** @description of tables that several controllers share: the only rows; empty: all */
                            rows: string[];
                            store: string;
                            unknown: string[];
                        }[];
                        environments: {
                            allowed: string[];
                            not: string[];
                        };
                        from: string | null;
                        operations: {
                            allowed: string[];
                            not: string[];
                        };
                        /** @description who could act on it at once, and what others lack */
                        people: {
                            failing: ("contract" | "purpose" | "operation" | "data" | "environment" | "recipient" | "identifiable" | "time" | "commitment" | "training" | "grant" | "approval")[];
                            /** @enum {string} */
                            outcome: "allowed" | "refused";
                            person: {
                                id: string;
                                name: string;
                            };
                        }[];
                        problems: string[];
                        tried: {
                            against: string[];
                            articles: string[];
                            exposure: string[];
                            failing: ("contract" | "purpose" | "operation" | "data" | "environment" | "recipient" | "identifiable" | "time" | "commitment" | "training" | "grant" | "approval")[];
                            /** @enum {string} */
                            outcome: "allowed" | "refused";
                            under: string[];
                        } | null;
                        until: string | null;
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
    getInstructionsUse: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                instruction?: string;
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
                        byInstruction: {
                            bytes: number;
                            controller: {
                                id: string;
                                name: string;
                            };
                            instruction: string;
                            rows: number;
                            sessions: number;
                        }[];
                        byPerson: {
                            bytes: number;
                            person: {
                                id: string;
                                name: string;
                            };
                            rows: number;
                            sessions: number;
                        }[];
                        /** @description there are older sessions than were counted */
                        more: boolean;
                        /** @description the oldest session that was counted; null: there was none */
                        since: string | null;
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
    getLedgerCheckpoints: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            logs: number;
                            snapshot: number;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        origin: string;
                        /** @description items of all pages */
                        total: number;
                        witnesses: {
                            list: {
                                because: string | null;
                                name: string;
                                size: number | null;
                                triedAt: string | null;
                                url: string;
                            }[];
                            quorum: string;
                            /**
                             * @description declared: nobody but the processor says so
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
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
    getLedgerEntries: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description of its log; of the common log when left out */
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
                type?: string;
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
                            /** @description the id that it names first; null where none is, or its key was destroyed */
                            about: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            /** @description null: of the common log */
                            controller: {
                                id: string;
                                name: string;
                            } | null;
                            id: string;
                            index: number;
                            log: string;
                            noun: string;
                            parts: {
                                class: string;
                                readable: boolean;
                            }[];
                            type: string;
                        }[];
                        log: {
                            /** @description by the newest snapshot */
                            fixed: {
                                root: string;
                                size: number;
                                snapshot: number;
                            } | null;
                            origin: string;
                            size: number;
                        };
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
    getLedgerEntriesById: {
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
                        /** @description the id that it names first; null where none is, or its key was destroyed */
                        about: string | null;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        at: string;
                        bytes: number;
                        /** @description null: of the common log */
                        controller: {
                            id: string;
                            name: string;
                        } | null;
                        id: string;
                        index: number;
                        /** @description hash of the leaf, RFC 6962, in hex */
                        leaf: string;
                        log: string;
                        noun: string;
                        parts: {
                            class: string;
                            readable: boolean;
                        }[];
                        /** @description the bytes that are hashed, as text: commitments to what was recorded, never its contents */
                        raw: string;
                        type: string;
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
    postLedgerReceiptsById: {
        parameters: {
            query?: never;
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
                    "application/json": unknown;
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
    getMe: {
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
                        /** @description that this person's grants are about */
                        instructions: {
                            acceptedAt: string | null;
                            acceptedBy: string | null;
                            /** @description where the key is that signed: with the signatory, on this machine, or in a passkey */
                            acceptedWith: ("signatory" | "this machine" | "passkey") | null;
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
                            /** @description why its controller refused it or took it back */
                            endedReason: string | null;
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
                             * @description of its acceptance: verified with a key or a passkey that the signatory keeps, declared with one on this machine, pending while it is proposed
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
                        /** @description null: this account is of nobody who is declared as staff */
                        person: {
                            anomalies: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                instruction: string;
                                kind: string;
                                says: string;
                            }[];
                            /** @description null: nothing binds this person to confidentiality, and every act is refused */
                            committedAt: string | null;
                            contact: string;
                            grantList: {
                                approvedAt: string | null;
                                approvedBy: string | null;
                                controller: {
                                    id: string;
                                    name: string;
                                };
                                /** @description why it was opened without a second person */
                                emergency: string | null;
                                holds: boolean;
                                id: string;
                                instruction: string;
                                person: {
                                    id: string;
                                    name: string;
                                };
                                proposedBy: string | null;
                                reviewedAt: string | null;
                                reviewedBy: string | null;
                                revokedAt: string | null;
                                /** @enum {string} */
                                state: "proposed" | "approved" | "revoked";
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                until: string;
                            }[];
                            /** @description that hold */
                            grants: number;
                            here: boolean;
                            id: string;
                            leftAt: string | null;
                            name: string;
                            openSessions: number;
                            proposed: number;
                            role: string;
                            /**
                             * @description of whether this person may act: committed, trained and granted
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            trainings: {
                                id: string;
                                lapsesAt: string | null;
                                passedAt: string | null;
                                /**
                                 * @description verified while it counts, invalid when it lapsed or was never passed
                                 * @enum {string}
                                 */
                                standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                                title: string;
                            }[];
                            use: {
                                instruction: string;
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                last: string;
                                rows: number;
                                sessions: number;
                                store: string;
                            }[];
                        } | null;
                        /** @description that the gateway opens to this person now */
                        stores: {
                            command: string;
                            environment: string;
                            instruction: string;
                            store: string;
                            user: string;
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
    getNotices: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description left out by a controller's own people */
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            about: string;
                            /** @description that a signatory said it was read; null: nobody did yet */
                            acknowledged: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                by: string | null;
                            } | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            breach: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            id: string;
                            says: string;
                            sent: boolean;
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
    postNoticesAcknowledge: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    notice: string;
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
                        notice: string;
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
    getPasskeys: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /** @description the device says that other devices of its owner may hold it too */
                            backedUp: boolean;
                            id: string;
                            /** @description of its public key, as the ledger names it */
                            keySha256: string;
                            name: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            registeredAt: string;
                            /** @description null: never yet */
                            usedAt: string | null;
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
    postPasskeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    response: {
                        id: string;
                        rawId: string;
                        response: {
                            attestationObject: string;
                            clientDataJSON: string;
                            transports?: string[];
                        };
                        /** @enum {string} */
                        type: "public-key";
                    };
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
                        /** @description the device says that other devices of its owner may hold it too */
                        backedUp: boolean;
                        id: string;
                        /** @description of its public key, as the ledger names it */
                        keySha256: string;
                        name: string;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        registeredAt: string;
                        /** @description null: never yet */
                        usedAt: string | null;
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
    deletePasskeysById: {
        parameters: {
            query?: never;
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
    postPasskeysByIdName: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
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
    postPasskeysOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        [key: string]: unknown;
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
    getPeople: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                here?: string;
                /** @description items of a page */
                limit?: number;
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
                            /** @description null: nothing binds this person to confidentiality, and every act is refused */
                            committedAt: string | null;
                            /** @description that hold */
                            grants: number;
                            here: boolean;
                            id: string;
                            leftAt: string | null;
                            name: string;
                            proposed: number;
                            role: string;
                            /**
                             * @description of whether this person may act: committed, trained and granted
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            trainings: {
                                id: string;
                                lapsesAt: string | null;
                                passedAt: string | null;
                                /**
                                 * @description verified while it counts, invalid when it lapsed or was never passed
                                 * @enum {string}
                                 */
                                standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                                title: string;
                            }[];
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
    getPeopleById: {
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
                        anomalies: {
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            instruction: string;
                            kind: string;
                            says: string;
                        }[];
                        /** @description null: nothing binds this person to confidentiality, and every act is refused */
                        committedAt: string | null;
                        contact: string;
                        grantList: {
                            approvedAt: string | null;
                            approvedBy: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            /** @description why it was opened without a second person */
                            emergency: string | null;
                            holds: boolean;
                            id: string;
                            instruction: string;
                            person: {
                                id: string;
                                name: string;
                            };
                            proposedBy: string | null;
                            reviewedAt: string | null;
                            reviewedBy: string | null;
                            revokedAt: string | null;
                            /** @enum {string} */
                            state: "proposed" | "approved" | "revoked";
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            until: string;
                        }[];
                        /** @description that hold */
                        grants: number;
                        here: boolean;
                        id: string;
                        leftAt: string | null;
                        name: string;
                        openSessions: number;
                        proposed: number;
                        role: string;
                        /**
                         * @description of whether this person may act: committed, trained and granted
                         * @enum {string}
                         */
                        standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                        trainings: {
                            id: string;
                            lapsesAt: string | null;
                            passedAt: string | null;
                            /**
                             * @description verified while it counts, invalid when it lapsed or was never passed
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            title: string;
                        }[];
                        use: {
                            instruction: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            last: string;
                            rows: number;
                            sessions: number;
                            store: string;
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
    postPeopleByIdLeave: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description that were shown to end: with others now, nothing ends */
                    grants: number;
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
                        ended: {
                            id: string;
                            what: string;
                        }[];
                        id: string;
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
    getQuestions: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            asks: string;
                            facts: {
                                name: string;
                                optional: boolean;
                                says: string;
                                shape: string;
                            }[];
                            id: string;
                            obligations: string[];
                            rules: {
                                from: string;
                                name: string;
                            }[];
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
    getRegister: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            categories: {
                                contract: string;
                                environments: string[];
                                from: string | null;
                                inForce: boolean;
                                instruction: string;
                                observed: {
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
                                operations: string[];
                                purposes: string[];
                                state: string;
                                until: string | null;
                            }[];
                            /** @description nothing that Art. 30(2) requires is missing */
                            compliant: boolean;
                            contracts: {
                                choice: string | null;
                                endedAt: string | null;
                                ends: string | null;
                                id: string;
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                starts: string;
                                subjectMatter: string | null;
                            }[];
                            controller: {
                                address: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                country: string;
                                dpo: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: {
                                        contact: string;
                                        country?: string;
                                        name: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                email: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                id: string;
                                name: string;
                                representative: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: {
                                        contact: string;
                                        country?: string;
                                        name: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                telephone: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                            };
                            copies: number;
                            drift: {
                                about: string;
                                article: string;
                                kind: string;
                                says: string;
                            }[];
                            measures: {
                                /** @enum {string} */
                                is: "told";
                                value: {
                                    heading: string;
                                    text: string;
                                }[];
                            } | {
                                /** @enum {string} */
                                is: "none";
                            } | {
                                /** @enum {string} */
                                is: "missing";
                            } | {
                                /** @enum {string} */
                                is: "not_needed";
                            };
                            missing: {
                                code: string;
                                contract: string | null;
                                required: boolean;
                                says: string;
                            }[];
                            places: {
                                class: string;
                                country: string;
                                datasets: string[];
                                environment: string;
                                kind: string;
                                store: string;
                            }[];
                            processor: {
                                address: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                country: string;
                                dpo: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: {
                                        contact: string;
                                        country?: string;
                                        name: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                email: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                name: string;
                                representative: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: {
                                        contact: string;
                                        country?: string;
                                        name: string;
                                    };
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                                telephone: {
                                    /** @enum {string} */
                                    is: "told";
                                    value: string;
                                } | {
                                    /** @enum {string} */
                                    is: "none";
                                } | {
                                    /** @enum {string} */
                                    is: "missing";
                                } | {
                                    /** @enum {string} */
                                    is: "not_needed";
                                };
                            };
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            subProcessors: {
                                /** @enum {string} */
                                is: "told";
                                value: {
                                    contact: string;
                                    country: string;
                                    name: string;
                                    purpose: string | null;
                                }[];
                            } | {
                                /** @enum {string} */
                                is: "none";
                            } | {
                                /** @enum {string} */
                                is: "missing";
                            } | {
                                /** @enum {string} */
                                is: "not_needed";
                            };
                            transfers: {
                                /** @enum {string} */
                                is: "told";
                                value: {
                                    contract: string | null;
                                    country: string;
                                    declared: boolean;
                                    seen: string[];
                                    tool: {
                                        /** @enum {string} */
                                        is: "told";
                                        value: string;
                                    } | {
                                        /** @enum {string} */
                                        is: "none";
                                    } | {
                                        /** @enum {string} */
                                        is: "missing";
                                    } | {
                                        /** @enum {string} */
                                        is: "not_needed";
                                    };
                                }[];
                            } | {
                                /** @enum {string} */
                                is: "none";
                            } | {
                                /** @enum {string} */
                                is: "missing";
                            } | {
                                /** @enum {string} */
                                is: "not_needed";
                            };
                        }[];
                        /** @description of all pages: records that lack what Art. 30(2) requires, and how much */
                        lacking: {
                            controllers: number;
                            things: number;
                        };
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
    getRegisterExport: {
        parameters: {
            query: {
                at?: string;
                controller?: string;
                format: "xlsx" | "ods" | "pdf" | "csv" | "json" | "dpv";
                language?: "en" | "fr";
                layout?: "ico" | "cnil" | "apd" | "bailee";
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
                    "application/json": unknown;
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
    postRegisterExport: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    at?: string;
                    controller?: string;
                    /** @enum {string} */
                    format: "xlsx" | "ods" | "pdf" | "csv" | "json" | "dpv";
                    /**
                     * @default en
                     * @enum {string}
                     */
                    language?: "en" | "fr";
                    /** @enum {string} */
                    layout?: "ico" | "cnil" | "apd" | "bailee";
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
                        base64: string;
                        bytes: number;
                        entry: string;
                        mediaType: string;
                        name: string;
                        sha256: string;
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
    getReviews: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            closedAt: string | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            endsAt: string;
                            id: string;
                            items: number;
                            /** @description not settled: what is not kept and confirmed before the end is revoked */
                            left: number;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            openedAt: string;
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
    getReviewsById: {
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
                        closedAt: string | null;
                        controller: {
                            id: string;
                            name: string;
                        };
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        endsAt: string;
                        grants: {
                            answer: ("keep" | "revoke") | null;
                            answeredBy: string | null;
                            confirmedBy: string | null;
                            grant: string;
                            instruction: string;
                            /** @description null: no use on record */
                            lastUsedAt: string | null;
                            outcome: ("kept" | "revoked" | "revoked unanswered") | null;
                            person: {
                                id: string;
                                name: string;
                            };
                            reason: string | null;
                        }[];
                        id: string;
                        items: number;
                        /** @description not settled: what is not kept and confirmed before the end is revoked */
                        left: number;
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        openedAt: string;
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
    postReviewsByIdAnswers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    answer: "keep" | "revoke";
                    grant: string;
                    reason: string;
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
                        id: string;
                        state: string;
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
    postReviewsByIdConfirmations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    grant: string;
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
                        id: string;
                        state: string;
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
                        /** @description the member of staff that the account is of: what is done is recorded under them */
                        person: string | null;
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
    getSessions: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            account: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            begunAt: string;
                            /** @description the one that asks */
                            current: boolean;
                            id: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            until: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            usedAt: string;
                            /** @enum {string} */
                            way: "link" | "passkey" | "oidc";
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
    deleteSessionsById: {
        parameters: {
            query?: never;
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
    getSettings: {
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
                        /** @description where a sign-in provider sends people back to */
                        callback: string;
                        /** @description how reminders go, as declared; null: nobody is reminded */
                        mail: {
                            from: string | null;
                            /** @description whether what it refers to is set here */
                            set: boolean;
                            /** @enum {string} */
                            way: "e-mail" | "webhook";
                        } | null;
                        oidc: {
                            clientId: string;
                            issuer: string;
                            name: string;
                        } | null;
                        /** @description what browsers name this server by */
                        origin: string;
                        passkeys: boolean;
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
    postSignInPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                    rawId: string;
                    response: {
                        authenticatorData: string;
                        clientDataJSON: string;
                        signature: string;
                        userHandle?: string;
                    };
                    /** @enum {string} */
                    type: "public-key";
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
    postSignInPasskeyOptions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        [key: string]: unknown;
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
    getSignInWays: {
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
                        /** @description the firm's own sign-in, as it is called; null: none is configured */
                        oidc: {
                            name: string;
                        } | null;
                        /** @description whether browsers make passkeys at this address */
                        passkeys: boolean;
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
    getStart: {
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
                        accepted: string[];
                        controllers: {
                            contracts: number;
                            datasets: number;
                            id: string;
                            name: string;
                            signatories: {
                                /** @description they may sign in */
                                account: boolean;
                                name: string;
                            }[];
                        }[];
                        environments: {
                            /** @enum {string} */
                            class: "production" | "non-production";
                            id: string;
                        }[];
                        /** @description the first that is missing; null: none is */
                        next: ("passkey" | "me" | "store" | "controller" | "dataset" | "contract" | "instruction" | "signatory" | "acceptance" | "grant") | null;
                        /** @description of the staff, that this account is of */
                        person: {
                            id: string;
                            name: string;
                        } | null;
                        processor: {
                            country: string;
                            /** @enum {string} */
                            dpo: "told" | "there is none" | "not told";
                            name: string;
                            origin: string;
                        };
                        proposed: {
                            controller: {
                                id: string;
                                name: string;
                            };
                            id: string;
                        }[];
                        steps: {
                            done: boolean;
                            /** @description what it stands on is there */
                            may: boolean;
                            /** @enum {string} */
                            step: "passkey" | "me" | "store" | "controller" | "dataset" | "contract" | "instruction" | "signatory" | "acceptance" | "grant";
                        }[];
                        stores: {
                            environment: string;
                            id: string;
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
    postStartContracts: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    choice?: "delete" | "return";
                    controller: string;
                    ends?: string;
                    id: string;
                    starts: string;
                    withinDays?: number;
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
                        changes: number;
                        id: string;
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
    postStartControllers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    country: string;
                    id: string;
                    name: string;
                    signatory: {
                        contact: string;
                        name: string;
                    };
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
                        changes: number;
                        id: string;
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
    postStartDatasets: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    controller: string;
                    id: string;
                    store: string;
                    tables: {
                        columns: {
                            [key: string]: {
                                category: string;
                                identifies?: boolean;
                            };
                        };
                        country?: string;
                        subject: string;
                        table: string;
                    }[];
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
                        changes: number;
                        id: string;
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
    postStartInvitations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    controller: string;
                    name: string;
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
                        name: string;
                        /** @description good once, behind the address of the portal: shown now and never again; null where the request was sent again */
                        path: string | null;
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
    postStartMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    contact: string;
                    /**
                     * @description they are the data protection officer
                     * @default false
                     */
                    dpo?: boolean;
                    name: string;
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
                        changes: number;
                        id: string;
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
    postStartStores: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
                    environment: {
                        /** @enum {string} */
                        class: "production" | "non-production";
                        country: string;
                        id: string;
                    };
                    id: string;
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
                        changes: number;
                        id: string;
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
    getStartStoresById: {
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
                        /** @description there are more tables than are shown */
                        more: boolean;
                        notRead: {
                            place: string;
                            why: string;
                        }[];
                        tables: {
                            columns: {
                                name: string;
                                suggested: {
                                    category: string;
                                    identifies: boolean;
                                };
                                type: string;
                            }[];
                            table: string;
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
    postStartStoresTry: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    address: string;
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
                        /** @description there are more tables than are shown */
                        more: boolean;
                        notRead: {
                            place: string;
                            why: string;
                        }[];
                        tables: {
                            columns: {
                                name: string;
                                suggested: {
                                    category: string;
                                    identifies: boolean;
                                };
                                type: string;
                            }[];
                            table: string;
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
    getStores: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                environment?: string;
                /** @description items of a page */
                limit?: number;
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
                            backups: "none" | "not told" | {
                                expireAfterDays: number;
                            };
                            class: ("production" | "non-production") | null;
                            copies: number;
                            country: string | null;
                            datasets: {
                                checkedAt: string | null;
                                controller: string;
                                id: string;
                                /** @enum {string} */
                                standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            }[];
                            environment: string;
                            findings: number;
                            id: string;
                            kind: string;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            /** @description declared ways in: by reference, never shown */
                            reach: {
                                erase: boolean;
                                gateway: boolean;
                                sweep: boolean;
                            };
                            /** @description what leads to client data beside the gateway */
                            roads: {
                                declared: number;
                                list: {
                                    because: string | null;
                                    fix: string | null;
                                    kind: string;
                                    name: string;
                                    says: string;
                                    /**
                                     * Format: date-time
                                     * @description UTC
                                     */
                                    since: string;
                                    /** @enum {string} */
                                    state: "open" | "declared";
                                }[];
                                open: number;
                            };
                            searchedAt: string | null;
                            /**
                             * @description of the newest search of it
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
    getSubProcessors: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description left out by a controller's own people */
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            address: string | null;
                            /** @enum {string} */
                            authorisation: "general" | "specific" | "none";
                            /** @description whether it may have data at the moment shown */
                            authorised: boolean;
                            /** @description why not */
                            because: string | null;
                            contact: string;
                            contract: string;
                            controller: {
                                id: string;
                                name: string;
                            };
                            country: string;
                            disclosures: number;
                            /** @description null: by the processor */
                            engagedBy: string | null;
                            lastAt: string | null;
                            mayObject: boolean;
                            /** @description what of its identity nobody told */
                            missing: string[];
                            name: string;
                            noticeDays: number | null;
                            purpose: string | null;
                            /** @description of an objection */
                            reasons: string | null;
                            rows: number;
                            signatory: string | null;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            since: string;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "agreed" | "listed" | "announced" | "objected" | "authorised" | "withdrawn";
                            tier: number;
                            /** @description until when its controller may object; null: silence says nothing */
                            until: string | null;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        /** @description contracts that say that there are none */
                        none: string[];
                        /** @description that may still be objected to */
                        open: number;
                        /** @description items of all pages */
                        total: number;
                        /** @description contracts that say nothing of sub-processors: that is not "there are none" */
                        untold: string[];
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
    getSweeps: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            at: string;
                            controllers: number;
                            id: string;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            places: number;
                            purpose: string;
                            searched: number;
                            stores: number;
                        }[];
                        newest: {
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
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        running: boolean;
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
    postSweeps: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default false */
                    changed?: boolean;
                    stores?: string[];
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
                        /** @enum {string} */
                        state: "waiting";
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
    getSweepsById: {
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
                        /**
                         * Format: date-time
                         * @description UTC
                         */
                        at: string;
                        controllers: number;
                        coverage: {
                            bytes: number | null;
                            environment: string;
                            kind: string;
                            notSeen: {
                                place: string;
                                why: string;
                            }[];
                            places: number;
                            rows: number | null;
                            /** @enum {string} */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            store: string;
                            values: number | null;
                            /** @description why how much was read is not told */
                            withheld: string | null;
                        }[];
                        /** @description first seen by it */
                        found: {
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
                        id: string;
                        notSeen: {
                            place: string;
                            why: string;
                        }[];
                        places: number;
                        purpose: string;
                        searched: number;
                        stores: number;
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
                        /** @description the most pressing, at most 100 */
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
                            kind: "finding" | "proposal" | "grant" | "approval" | "training" | "copy" | "exit" | "choice" | "breach" | "road";
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
                        /** @description how many there are */
                        total: number;
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
    getTokens: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            account: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            expiresAt: string;
                            /** @description whether it is neither revoked nor over, and its account is as it was: one that was closed, ended or given another role ends its tokens */
                            good: boolean;
                            id: string;
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            issuedAt: string;
                            issuedBy: string;
                            name: string;
                            revokedAt: string | null;
                            scopes: string[];
                            /** @description to the minute; null: never */
                            usedAt: string | null;
                        }[];
                        /** @description cursor of the next page; null: this is the last */
                        next: string | null;
                        /** @description that a token of this account may be given */
                        scopes: string[];
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
    postTokens: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    scopes: string[];
                    until: string;
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
                        id: string;
                        /** @description null where the request was sent again: it was shown once */
                        token: string | null;
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
    postTokensByIdRevoke: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": Record<string, never>;
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
                        id: string;
                        /** @enum {string} */
                        state: "revoked";
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
    getTrainings: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                /** @description `next` of the page before */
                cursor?: string;
                /** @description items of a page */
                limit?: number;
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
                            /** @description null: somebody else's word passes it */
                            course: string | null;
                            id: string;
                            /** @description people who are here and for whom it counts */
                            passed: number;
                            required: number;
                            /** @description roles; null: everybody */
                            requiredFor: string[] | null;
                            title: string;
                            validMonths: number;
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
    getTrainingsById: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                language?: "en" | "fr";
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
                        /** @description null: somebody else's word passes it */
                        course: string | null;
                        id: string;
                        /** @description people who are here and for whom it counts */
                        passed: number;
                        required: number;
                        /** @description roles; null: everybody */
                        requiredFor: string[] | null;
                        text: {
                            language: string;
                            languages: string[];
                            minutes: number;
                            pass: number;
                            questions: {
                                answers: {
                                    id: string;
                                    text: string;
                                }[];
                                id: string;
                                question: string;
                            }[];
                            sha256: string;
                            text: string;
                            version: string;
                        } | null;
                        title: string;
                        validMonths: number;
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
    postTrainingsByIdAnswers: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    answers: {
                        [key: string]: string;
                    };
                    /**
                     * @default en
                     * @enum {string}
                     */
                    language?: "en" | "fr";
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
                        passed: boolean;
                        questions: number;
                        score: number;
                        wrong: {
                            because: string;
                            question: string;
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
    getTransfers: {
        parameters: {
            query?: {
                /** @description as the ledger told it then: a date or an instant; now when left out */
                at?: string;
                controller?: string;
                /** @description `next` of the page before */
                cursor?: string;
                kind?: "copy" | "disclosure" | "return";
                /** @description items of a page */
                limit?: number;
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
                            /**
                             * Format: date-time
                             * @description UTC
                             */
                            begunAt: string;
                            bytes: number | null;
                            controller: {
                                id: string;
                                name: string;
                            };
                            country: string | null;
                            erasedAt: string | null;
                            from: string;
                            id: string;
                            instruction: string | null;
                            /** @enum {string} */
                            kind: "copy" | "disclosure" | "return";
                            label: ("pseudonymised" | "passes three tests") | null;
                            madeAt: string | null;
                            overdue: boolean;
                            person: {
                                id: string;
                                name: string;
                            };
                            places: string[];
                            purpose: string | null;
                            receipts: {
                                /**
                                 * Format: date-time
                                 * @description UTC
                                 */
                                at: string;
                                by: string;
                                says: string;
                            }[];
                            rows: number | null;
                            /**
                             * @description declared: it is with somebody else, and what became of it is their word
                             * @enum {string}
                             */
                            standing: "verified" | "declared" | "invalid" | "unknown" | "pending";
                            /** @enum {string} */
                            state: "begun" | "made" | "erased";
                            to: string;
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
}
