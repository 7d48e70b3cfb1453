import { useLocation } from 'preact-iso/router';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { questionBody, questionCommand, readQuestion } from '../../model/explain/question.ts';
import { ErrorTextForm } from './error-text-form.tsx';
import { ExplanationResult } from './explanation-result.tsx';
import { QuestionForm } from './question-form.tsx';

/** Explains which access a request gets and why, or why a request was denied. */
export function Explain() {
  const { query } = useLocation();
  const question = readQuestion(query, location.host);
  const isAsked = query['host'] !== undefined;
  return (
    <Page
      title="Explain access"
      lead="Find out which access a request gets and why. Nothing is changed, and no password is checked."
    >
      <ErrorTextForm />
      <Section
        title="Explain a request"
        lead="Describe the request of a client. The server decides as it would for the client."
      >
        <QuestionForm key={JSON.stringify(question)} initial={question} />
      </Section>
      {isAsked && <ExplanationResult question={question} />}
      <Equivalent
        command={questionCommand(isAsked ? question : { ...question, repository: 'team/app' })}
        api={{
          method: 'POST',
          path: '/explain',
          body: questionBody(isAsked ? question : { ...question, repository: 'team/app' }),
        }}
      />
    </Page>
  );
}
