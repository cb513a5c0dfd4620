package dev.leeway.judge;

import dev.leeway.LeewayException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;

/**
 * A model behind an OpenAI-compatible endpoint. Calls that fail for a time (429, 5xx, a timeout, a broken connection, a body that is
 * garbage or too large) are repeated with waits that double and vary, never shorter than the server asks for; a question that had all its
 * attempts is missing, with the last reason. A spent budget, a refused key or a server that answers nothing any more ends the run.
 */
public final class EndpointJudge implements Judge {

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final int MOST_UNANSWERED_IN_A_ROW = 8;

    private final EndpointSettings settings;
    private final Endpoint endpoint;
    private final Time time;
    private final DoubleSupplier chance;
    private final Pace pace;
    private final Purse purse;
    private final Semaphore lines;
    private final AtomicInteger unansweredInARow = new AtomicInteger();
    private final Map<String, Long> failures = new TreeMap<>();
    private JudgeCounts counts = JudgeCounts.NONE;

    /**
     * Opens a judge; nothing is sent yet.
     *
     * @throws LeewayException if a key would be sent in the open to another machine
     */
    public EndpointJudge(EndpointSettings settings, Optional<ApiKey> key) {
        this(settings, key, Time.SYSTEM, Math::random);
    }

    EndpointJudge(EndpointSettings settings, Optional<ApiKey> key, Time time, DoubleSupplier chance) {
        this.settings = settings;
        this.time = time;
        this.chance = chance;
        endpoint = new Endpoint(settings, key, time);
        pace = new Pace(time, settings.calls().perSecond());
        purse = new Purse(settings.budget());
        lines = new Semaphore(settings.calls().concurrency());
    }

    @Override
    public String id() {
        return id(settings);
    }

    /** The {@link #id} of a judge with these settings. */
    public static String id(EndpointSettings settings) {
        URI url = settings.url();
        return String.format(Locale.ROOT, "%s at %s, temperature %s, max_tokens %d", settings.model(), url,
            settings.answers().temperature(), settings.answers().maxTokens());
    }

    @Override
    public void ask(List<Question> questions, Sink sink) {
        var asking = new Asking(questions, sink);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int line = 0; line < Math.min(settings.calls().concurrency(), questions.size()); line++) {
                threads.execute(asking);
            }
        }
        Optional.ofNullable(asking.failure.get()).ifPresent(failure -> {
            throw failure;
        });
    }

    /** What the threads of one call of {@link #ask} share: the next question, and why no more are asked. */
    private final class Asking implements Runnable {
        private final List<Question> questions;
        private final Sink sink;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicReference<RuntimeException> failure = new AtomicReference<>();

        Asking(List<Question> questions, Sink sink) {
            this.questions = questions;
            this.sink = sink;
        }

        @Override
        public void run() {
            try {
                for (int q = next.getAndIncrement(); q < questions.size() && failure.get() == null; q = next.getAndIncrement()) {
                    hear(q, answer(questions.get(q), failure));
                }
            } catch (RuntimeException stopped) {
                failure.compareAndSet(null, stopped);
            } catch (InterruptedException interrupted) {
                failure.compareAndSet(null, LeewayException.resources(interrupted, "interrupted while a judge was asked"));
            } catch (Error broken) {
                failure.compareAndSet(null, new IllegalStateException(broken)); // it would end with this thread, unheard
            }
        }

        private synchronized void hear(int question, Verdict verdict) {
            count(verdict);
            sink.answered(question, verdict);
            if (verdict instanceof Verdict.Missing missing && unansweredInARow.get() >= MOST_UNANSWERED_IN_A_ROW) {
                throw LeewayException.resources("the judge at %s answered none of %d questions in a row, the last because %s; answers so "
                    + "far are kept where the judge has a cache: run again when it answers", settings.url(), MOST_UNANSWERED_IN_A_ROW,
                    missing.reason());
            }
        }
    }

    /** A question that is rejected is missing, but the server is there: it may reject every question of a run. */
    private Verdict answer(Question question, AtomicReference<RuntimeException> stopped) throws InterruptedException {
        for (int attempt = 1;; attempt++) {
            if (stopped.get() != null) {
                throw stopped.get();
            }
            switch (call(question, attempt > 1)) {
                case Reply.Answered answered -> {
                    unansweredInARow.set(0);
                    return answered.verdict();
                }
                case Reply.Rejected rejected -> {
                    unansweredInARow.set(0);
                    count(rejected.kind());
                    return new Verdict.Missing(rejected.reason());
                }
                case Reply.Failed failed -> {
                    count(failed.kind());
                    if (attempt == settings.calls().attempts()) {
                        unansweredInARow.incrementAndGet();
                        return new Verdict.Missing(failed.reason() + ", after " + attempt + " attempts");
                    }
                    await(failed, attempt);
                }
            }
        }
    }

    private Reply call(Question question, boolean again) throws InterruptedException {
        lines.acquire();
        try {
            pace.await();
            purse.payCall();
            called(again);
            var reply = endpoint.call(question);
            if (reply instanceof Reply.Answered answered) {
                purse.payTokens(answered.verdict().usage().tokens());
            }
            return reply;
        } finally {
            lines.release();
        }
    }

    /** Waits 1 s, 2 s, 4 s … up to the longest wait, each between half of it and all of it; and never less than the server asked for. */
    private void await(Reply.Failed failed, int attempt) throws InterruptedException {
        var longest = settings.calls().longestWait();
        var asked = failed.askedWait().orElse(Duration.ZERO);
        if (asked.compareTo(longest) > 0) {
            throw LeewayException.resources("the judge at %s asks to wait %d s (%s), more than the %d s that are waited; answers so far "
                + "are kept where the judge has a cache: run again later", settings.url(), asked.toSeconds(), failed.kind(),
                longest.toSeconds());
        }
        if (failed.askedWait().isPresent()) {
            pace.hold(asked);
        }
        double doubled = FIRST_WAIT.toMillis() * Math.pow(2, attempt - 1);
        long own = Math.round(Math.min(doubled, longest.toMillis()) * (0.5 + 0.5 * chance.getAsDouble()));
        time.sleep(Duration.ofMillis(Math.max(own, asked.toMillis())));
    }

    private synchronized void called(boolean again) {
        counts = counts.called(again);
    }

    private synchronized void count(Verdict verdict) {
        counts = counts.answered(verdict);
    }

    private synchronized void count(String failure) {
        failures.merge(failure, 1L, Long::sum);
    }

    @Override
    public synchronized JudgeCounts counts() {
        return counts;
    }

    /** Calls that failed, by why: an HTTP status, {@code timeout}, {@code connection}, {@code garbage}, {@code too large}. */
    public synchronized Map<String, Long> failures() {
        return Map.copyOf(failures);
    }

    @Override
    public void close() {
        endpoint.close();
    }
}
