package dev.leeway.study;

import dev.leeway.eval.Setting;
import dev.leeway.io.JsonFile;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Interval;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeSet;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a study found. */
public final class StudyResults {

    private static final double LEVEL = 0.95;
    private static final int RESAMPLES = 2000;

    private final Plan plan;
    private final Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes;
    private final Seal.Standing standing;
    private final StudyTraces traces;
    private final List<Findings.Finding> findings;
    private List<Mean> means = List.of(); // until somebody asks

    StudyResults(Plan plan, Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes, Seal.Standing standing, StudyTraces traces) {
        this.plan = plan;
        this.outcomes = new LinkedHashMap<>(outcomes);
        this.standing = standing;
        this.traces = traces;
        findings = Findings.of(plan.study(), this::last);
    }

    private List<Examiner.Outcome> last(String arm, String exam, long seed) {
        return plan.replications().stream().filter(one -> one.arm().name().equals(arm) && one.seed() == seed).findFirst()
            .flatMap(one -> outcomes.entrySet().stream().filter(entry -> entry.getKey().node().equals(one.last())
                && entry.getKey().step() < 0 && entry.getKey().exam().name().equals(exam)).map(Map.Entry::getValue).findFirst())
            .orElse(List.of());
    }

    /** The plan that was carried out. */
    public Plan plan() {
        return plan;
    }

    /** How it stands to what was sealed. */
    public Seal.Standing standing() {
        return standing;
    }

    /** One a contrast, in their order. */
    public List<Findings.Finding> findings() {
        return findings;
    }

    /** Who took which exam with which outcomes. */
    public Map<StudyRun.Sitting, List<Examiner.Outcome>> outcomes() {
        return new LinkedHashMap<>(outcomes);
    }

    /**
     * The mean of a measure.
     *
     * @param node the training
     * @param step of a checkpoint; −1 = its end
     * @param exam the exam's name
     * @param setting the evaluation prompt's
     * @param slice of its items; empty = all
     * @param measure the measure's
     * @param value the mean over items
     * @param interval of 95 % over items: percentiles of 2,000 resamples
     * @param items it was taken over, two or more
     * @param missing answers left out
     */
    public record Mean(Plan.Node node, int step, String exam, String setting, String slice, String measure, double value,
            Interval interval, int items, int missing) {
    }

    /**
     * Every mean of every model over two items or more, for one has no spread;
     * by slice too where items are asked as they stand, without a context.
     */
    public List<Mean> means() {
        if (means.isEmpty()) {
            means = List.copyOf(allMeans());
        }
        return means;
    }

    /** Where trainings and examinations left their files. */
    StudyTraces traces() {
        return traces;
    }

    private List<Mean> allMeans() {
        var means = new ArrayList<Mean>();
        outcomes.forEach((sitting, list) -> {
            for (var setting : list.stream().map(Examiner.Outcome::setting).distinct().toList()) {
                var own = list.stream().filter(outcome -> outcome.setting().equals(setting)).toList();
                for (var slice : isInContext(setting) ? List.of("") : slices(own)) {
                    means.addAll(means(sitting, setting, slice, own.stream().filter(outcome -> outcome.in(slice)).toList()));
                }
            }
        });
        return means;
    }

    private static boolean isInContext(String setting) {
        return setting.contains("/") && !setting.endsWith("/" + Setting.UNMODIFIED);
    }

    private static List<String> slices(List<Examiner.Outcome> outcomes) {
        var slices = new TreeSet<String>();
        outcomes.forEach(outcome -> outcome.slices().forEach((key, value) -> slices.add(key + "=" + value)));
        var all = new ArrayList<String>();
        all.add("");
        all.addAll(slices);
        return all;
    }

    private static List<Mean> means(StudyRun.Sitting sitting, String setting, String slice, List<Examiner.Outcome> outcomes) {
        var measures = new TreeSet<String>();
        outcomes.forEach(outcome -> measures.addAll(outcome.values().keySet()));
        var means = new ArrayList<Mean>();
        for (var measure : measures) {
            var values = outcomes.stream().filter(outcome -> outcome.values().containsKey(measure))
                .mapToDouble(outcome -> outcome.values().get(measure)).toArray();
            if (values.length < 2) {
                continue;
            }
            int missing = outcomes.stream().mapToInt(outcome -> outcome.missing().getOrDefault(measure, 0)).sum();
            var interval = new Bootstrap(RESAMPLES, LEVEL, 0).percentile(values, StudyResults::mean);
            means.add(new Mean(sitting.node(), sitting.step(), sitting.exam().name(), setting, slice, measure, mean(values), interval,
                values.length, missing));
        }
        return means;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    /**
     * All of it. The same study gives the same bytes, whether it was killed on the way or not.
     *
     * @param analyses what the study tells beside its contrasts
     */
    public ObjectNode json(List<Analysis> analyses) {
        var study = plan.study();
        var json = JsonFile.newObject().put("study", study.title().name()).put("question", study.title().question());
        var seal = json.putObject("seal").put("sha256", standing.sha256().orElse(""));
        standing.changes().forEach(seal.putArray("changes")::add);
        json.putObject("terms").put("alpha", study.terms().alpha()).put("correction", study.terms().correction())
            .set("seeds", longs(study.terms().seeds()));
        var found = json.putArray("contrasts");
        findings.forEach(finding -> found.add(json(finding)));
        var arms = json.putArray("arms");
        plan.replications().forEach(one -> {
            var arm = arms.addObject().put("arm", one.arm().name()).put("meaning", one.arm().meaning()).put("seed", one.seed());
            one.nodes().forEach(node -> arm.withArray("stages").addObject().put("stage", node.stage().name()).put("hash", node.hash()));
        });
        var all = json.putArray("means");
        means().forEach(mean -> all.add(json(mean)));
        var told = json.putObject("analyses");
        analyses.forEach(analysis -> told.set(analysis.name(), analysis.json(this)));
        return json;
    }

    private static ArrayNode longs(List<Long> values) {
        var list = JsonFile.newObject().putArray("values");
        values.forEach(list::add);
        return list;
    }

    private ObjectNode json(Findings.Finding finding) {
        var contrast = finding.contrast();
        var json = contrast.json().put("sealed", standing.isSealed(contrast)).put("over", finding.over().name().toLowerCase(Locale.ROOT))
            .put("items", finding.items());
        finding.values().forEach(json.putArray("values")::add);
        put(json, "estimate", finding.estimate());
        finding.interval().ifPresent(interval -> json.putArray("interval").add(interval.low()).add(interval.high()));
        put(json, "p", finding.p());
        put(json, "p_adjusted", finding.adjusted());
        return json.put("significant", finding.isSignificant(plan.study().terms().alpha()));
    }

    private static void put(ObjectNode json, String name, OptionalDouble value) {
        value.ifPresent(number -> json.put(name, number));
    }

    private static ObjectNode json(Mean mean) {
        var json = JsonFile.newObject().put("arm", mean.node().arm()).put("stage", mean.node().stage().name())
            .put("seed", mean.node().seed());
        Optional.of(mean.step()).filter(step -> step >= 0).ifPresent(step -> json.put("step", step));
        json.put("exam", mean.exam()).put("setting", mean.setting()).put("slice", mean.slice()).put("measure", mean.measure())
            .put("value", mean.value()).put("items", mean.items()).put("missing", mean.missing());
        json.putArray("interval").add(mean.interval().low()).add(mean.interval().high());
        return json;
    }
}
