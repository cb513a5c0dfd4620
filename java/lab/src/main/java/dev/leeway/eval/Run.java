package dev.leeway.eval;

import dev.leeway.judge.Judge;
import dev.leeway.judge.JudgeCounts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** One call of a runner. */
final class Run implements AutoCloseable {

    private final RunPlan plan;
    private final Instruments instruments;
    private final List<WatchedJudge> judges;
    private final Runner.Division division;
    private final RunListener listener;
    private final Records records;
    private final List<Job<?>> jobs;
    private final long total;
    private Optional<Subject> open = Optional.empty();
    private long done;
    private long asked;
    private long scored;

    /**
     * One benchmark's tasks.
     *
     * @param part of the plan
     * @param benchmark the same one
     * @param tasks every subject's
     */
    private record Questions<I extends Item>(RunPlan.Part part, Benchmark<I> benchmark, List<Task<I>> tasks) {

        static <I extends Item> Questions<I> of(RunPlan.Part part, Benchmark<I> benchmark, RunPlan plan) {
            return new Questions<>(part, benchmark, Task.of(benchmark, plan));
        }

        Job<I> job(Candidate candidate, Instruments instruments) {
            var sum = Identity.sum(candidate, part, instruments);
            return new Job<>(candidate, this, tasks.stream().map(task -> task.key(sum)).toList());
        }
    }

    /**
     * One benchmark's tasks for one subject.
     *
     * @param keys of the tasks, in their order
     */
    private record Job<I extends Item>(Candidate candidate, Questions<I> questions, List<String> keys) {

        Task<I> task(int place) {
            return questions.tasks().get(place);
        }
    }

    Run(RunPlan plan, Instruments instruments, List<WatchedJudge> judges, Runner runner, Records records) {
        this.plan = plan;
        this.instruments = instruments;
        this.judges = judges;
        this.division = runner.division();
        this.listener = runner.listener();
        this.records = records;
        List<Questions<?>> questions = new ArrayList<>();
        plan.parts().forEach(part -> questions.add(Questions.of(part, part.benchmark(), plan)));
        jobs = plan.candidates().stream().<Job<?>>flatMap(candidate ->
            questions.stream().map(one -> one.job(candidate, instruments))).toList();
        total = jobs.stream().mapToLong(job -> job.keys().size()).sum();
    }

    /** Empty where the listener ended the run. */
    Optional<Results> results() {
        var left = jobs.stream().map(this::left).toList();
        done = total - left.stream().mapToLong(Long::longValue).sum();
        for (int i = 0; i < jobs.size(); i++) {
            var job = jobs.get(i);
            done += left.get(i) - left(job); // what an earlier subject with the same hash answered for this one
            if (open.isPresent() && !open.get().hash().equals(job.candidate().hash())) {
                close();
            }
            if (!finish(job)) {
                return Optional.empty();
            }
        }
        var results = new ArrayList<Results.Result>();
        jobs.forEach(job -> results.addAll(resultsOf(job)));
        return Optional.of(new Results(plan.seed(), judges.stream().map(Judge::id).toList(),
            instruments.reference().map(Subject::hash), results));
    }

    private long left(Job<?> job) {
        return job.keys().stream().filter(this::isLeft).count();
    }

    private boolean isLeft(String key) {
        var response = records.response(key);
        var score = records.score(key);
        return response.isEmpty() || score.isEmpty() || division.retryMissing() && !(response.get() instanceof Response.Unable)
            && score.get().misses();
    }

    private <I extends Item> boolean finish(Job<I> job) {
        progressed(job);
        var left = IntStream.range(0, job.keys().size()).filter(place -> isLeft(job.keys().get(place))).boxed().toList();
        for (int first = 0; first < left.size(); first += division.batchSize()) {
            if (listener.isToStop()) {
                return false;
            }
            var places = left.subList(first, Math.min(left.size(), first + division.batchSize()));
            ask(job, places);
            score(job, places);
        }
        return true;
    }

    private void ask(Job<?> job, List<Integer> places) {
        var unanswered = places.stream().filter(place -> records.response(job.keys().get(place)).isEmpty()).toList();
        if (unanswered.isEmpty()) {
            return;
        }
        var responses = subject(job.candidate()).answer(unanswered.stream().map(place -> job.task(place).asked(plan.seed())).toList());
        requireOneEach(unanswered.size(), responses.size(), job.candidate().name());
        for (int i = 0; i < unanswered.size(); i++) {
            int place = unanswered.get(i);
            records.answered(job.candidate().name(), job.task(place), job.keys().get(place), responses.get(i));
        }
        records.force(); // scoring may wait for a judge
        asked += unanswered.size();
        progressed(job);
    }

    private Subject subject(Candidate candidate) {
        if (open.isEmpty()) {
            open = Optional.of(candidate.opener().get());
        }
        return open.get();
    }

    private <I extends Item> void score(Job<I> job, List<Integer> places) {
        var answers = places.stream().map(place -> job.task(place).answer(records.response(job.keys().get(place)).orElseThrow())).toList();
        takeTemplates();
        var scores = job.questions().benchmark().score(answers, instruments);
        var templates = takeTemplates();
        requireOneEach(places.size(), scores.size(), job.questions().benchmark().card().id());
        for (int i = 0; i < places.size(); i++) {
            int place = places.get(i);
            records.scored(job.candidate().name(), job.task(place), job.keys().get(place), new Records.Scored(scores.get(i), templates));
        }
        records.force();
        scored += places.size();
        done += places.size();
        progressed(job);
    }

    private static void requireOneEach(int expected, int found, String who) {
        if (expected != found) {
            throw new IllegalStateException(who + " gave " + found + " for " + expected);
        }
    }

    private List<String> takeTemplates() {
        var templates = new TreeSet<String>();
        judges.forEach(judge -> templates.addAll(judge.takeTemplates()));
        return List.copyOf(templates);
    }

    private void progressed(Job<?> job) {
        var counts = judges.stream().map(Judge::counts).reduce(JudgeCounts.NONE, JudgeCounts::plus);
        listener.progressed(new RunListener.Progress(job.candidate().name(), job.questions().benchmark().card().id(), done, total, asked,
            scored, counts));
    }

    private <I extends Item> List<Results.Result> resultsOf(Job<I> job) {
        var templates = new TreeSet<String>();
        var bySetting = new LinkedHashMap<Setting, List<Integer>>();
        for (int place = 0; place < job.keys().size(); place++) {
            templates.addAll(records.score(job.keys().get(place)).orElseThrow().templates());
            bySetting.computeIfAbsent(job.task(place).setting(), _ -> new ArrayList<>()).add(place);
        }
        var part = job.questions().part();
        var origin = new Results.Origin(job.questions().benchmark().card(), part.options(), part.data(), List.copyOf(templates),
            new Results.Extent(job.questions().benchmark().items().size(), job.questions().benchmark().needs().reference()));
        var results = new ArrayList<Results.Result>();
        bySetting.forEach((setting, places) -> results.add(result(job, setting, places, origin)));
        return results;
    }

    private <I extends Item> Results.Result result(Job<I> job, Setting setting, List<Integer> places, Results.Origin origin) {
        var own = new ArrayList<Row<I>>();
        for (int place : places) {
            var task = job.task(place);
            own.add(new Row<>(task.item(), setting, task.epoch(), records.score(job.keys().get(place)).orElseThrow().score()));
        }
        var rows = job.questions().benchmark().amongAll(own);
        var lines = new ArrayList<Results.Line>();
        for (int r = 0; r < rows.size(); r++) {
            var row = rows.get(r);
            lines.add(new Results.Line(row.item().id(), row.item().slices(), row.epoch(),
                records.response(job.keys().get(places.get(r))).orElseThrow(), row.score()));
        }
        var candidate = job.candidate();
        return new Results.Result(candidate.name(), new Results.Model(candidate.hash(), candidate.details()), origin, setting,
            job.questions().benchmark().summarise(rows), lines);
    }

    @Override
    public void close() {
        open.ifPresent(Subject::close);
        open = Optional.empty();
    }
}
