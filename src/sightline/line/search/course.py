"""The stages of a search one after the other, and the winner that they leave."""

import base64
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from optuna.exceptions import ExperimentalWarning, TrialPruned
from optuna.pruners import BasePruner, NopPruner, SuccessiveHalvingPruner, WilcoxonPruner
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from sightline.core.errors import RunError, SettingsError
from sightline.data.folds import folds_of, rows_to_divide, split_of
from sightline.evaluation.report.search import FinalistFigures, Search, TrialFigures, settings_words
from sightline.evaluation.significance.seed_comparison import compare_seeds
from sightline.line.narrator import Narrator
from sightline.line.prepared import Prepared
from sightline.line.reading import Divided
from sightline.line.resolution import decided, method_for, with_named
from sightline.line.run import Run
from sightline.line.search.folder import SearchFolder
from sightline.line.search.request import Request
from sightline.line.search.sampler import GRID, most_trials
from sightline.line.search.space import Choice, Point, Space, typed
from sightline.line.search.stage import COARSE, FINALISTS, FINE, Budget, Stage
from sightline.line.search.storage import database, journal
from sightline.line.search.study import PROBLEM, SECONDS, StageStudy, opened
from sightline.line.search.trial import WORST, Judged, Reported, judged, validation_rows
from sightline.line.settings.values import Settings

RIGHT, FINALIST, SEED = "right", "finalist", "seed"
SHARE_OF_MINUTES = {COARSE: 0.4, FINE: 0.7, FINALISTS: 1.0}
"""Of the minutes, until when a stage may begin trainings."""
FEWEST_FOR_IMPORTANCES = 4


@dataclass(frozen=True, eq=False)
class Found:
    """What a search has found.

    Args:
        settings: Of the winner, with which it ships.
        finalist: The run of its training with the search's own seed.
        section: What the report says of the search.
    """

    settings: Settings
    finalist: Run
    section: Search


@dataclass(frozen=True, eq=False)
class Course:
    """A search under way.

    Args:
        settings: Those that are not searched.
        identity: What all processes of the search agree on.
        narrator: Who tells the user.
    """

    divided: Divided
    settings: Settings
    budget: Budget
    request: Request
    space: Space
    place: SearchFolder
    identity: str
    narrator: Narrator

    def run(self) -> Found:
        """Go through all stages, together with other processes.

        Raises:
            RunError: No trial came to its end, or the study can't be written.
        """
        coarse, fine, last = self.budget.stages
        wide = self._stage(coarse, self.space, self._halving)
        wide_best = self._best(wide)
        stages = [wide]
        if fine.trials:
            stages.append(self._stage(fine, self.space.around(wide_best[0].params), self._halving))
        ranked = [trial for stage in reversed(stages) for trial in stage.ranked()]
        points = _distinct([trial.params for trial in ranked])[: last.trials]
        finalists = self._finalists(last, points)
        return self._found(stages, points, finalists)

    @cached_property
    def _storage(self) -> BaseStorage:
        url = self.request.storage
        return database(url) if url else journal(self.place.journal)

    @cached_property
    def _prepared(self) -> Prepared:
        return self.divided.prepared(self.settings)

    @cached_property
    def _folds(self) -> tuple[Prepared, ...]:
        """What each fold's training needs; none where the validation part judges."""
        if not self.request.folds:
            return ()
        divided, seed = self.divided, self.settings.split_seed
        rows = rows_to_divide(divided.split)
        folds = folds_of(divided.surveyed, rows, count=self.request.folds, seed=seed)
        fraction = self.settings.data.validation_fraction
        return tuple(
            divided.by(
                split_of(divided.surveyed, divided.split, folds, fold, validation_fraction=fraction, seed=seed),
                self.settings,
            )
            for fold in folds
        )

    @cached_property
    def _epochs(self) -> int | None:
        """The full number of epochs; None where that is searched, or means nothing for the kind of model."""
        if "epochs" in self.space.entries or "epochs" not in method_for(self.settings).reads:
            return None
        run = Run(self.place.trials / "full")
        run.folder.mkdir(exist_ok=True)  # for what pictures decide
        chosen = decided(self._prepared, self.settings, started=time.perf_counter(), run=run)
        epochs = chosen.settings["epochs"]
        return epochs if isinstance(epochs, int) else None

    def _settings_of(self, point: Point, stage: Stage, *, seed: int = 0) -> Settings:
        """Return the settings of one training.

        Raises:
            SettingsError: They do not go together.
        """
        length: Point = {}
        if self._epochs is not None:
            shortest = int(self.settings["warmup_epochs"]) + 1
            length = {"epochs": min(self._epochs, max(shortest, stage.epochs(self._epochs)))}
        return with_named(self.settings, {**typed(point), **length, "seed": self.settings["seed"] + seed})

    @property
    def _halving(self) -> BasePruner:
        """What ends a trial early: by its epochs, or by its folds.

        Reference:
            K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter optimization",
            AISTATS 2016 (successive halving). https://arxiv.org/abs/1502.07943; in the asynchronous form of L. Li et
            al., "A system for massively parallel hyperparameter tuning", MLSys 2020. https://arxiv.org/abs/1810.05934
        """
        if not self.request.folds:
            return SuccessiveHalvingPruner()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # Optuna 5 calls it so; its version is pinned
            return WilcoxonPruner()

    def _stage(self, stage: Stage, space: Space, pruner: BasePruner) -> StageStudy:
        """Do what is left of a stage's trials."""
        study = self._study(stage, space, pruner, sampler=self.request.sampler)
        most = "up to " if self.budget.minutes else ""
        self.narrator.say(f"{stage.name}: {most}{study.count} trials")

        def objective(point: Point, folder: Path, report: Reported) -> Judged:
            try:
                result = self._judged(self._settings_of(point, stage), folder, report)
            except SettingsError as error:
                result = Judged(WORST, np.zeros(0, np.bool_), 0.0, error.problem)
            except TrialPruned:
                self._tell(stage, point, "fell behind, and was ended early")
                raise
            self._tell(stage, point, result.words)
            return result

        study.run(objective, may_begin=self._clock(stage, study))
        return study

    def _judged(self, settings: Settings, folder: Path, report: Reported) -> Judged:
        """Train once and judge by the validation part, or a fold after another."""
        if not self._folds:
            rows = validation_rows(self._prepared)
            return judged(self._prepared, settings, Run(folder), rows=rows, report=report)
        results = []
        for number, prepared in enumerate(self._folds):
            rows = prepared.split.rows("test")  # the fold's own pictures, none of the reserved test part
            run = Run(folder.with_name(f"{folder.name}-fold-{number + 1}"))
            results.append(judged(prepared, settings, run, rows=rows, report=lambda _value, _step: None))
            report(results[-1].accuracy, number)
        right = np.concatenate([result.right for result in results])
        problem = next((result.problem for result in results if result.problem), "")
        seconds = sum(result.seconds for result in results)
        return Judged(float(right.mean()) if not problem else WORST, right, seconds, problem)

    def _tell(self, stage: Stage, point: Point, words: str) -> None:
        self.narrator.say(f"  {stage.name}: {settings_words(point)}: {words}")

    def _study(self, stage: Stage, space: Space, pruner: BasePruner, *, sampler: str) -> StageStudy:
        space = space.of_points(stage.trials) if sampler == GRID else space
        count = most_trials(sampler, space, stage.trials)
        study = opened(stage.name, self._storage, pruner, identity=self.identity, place=self.place.folder)
        return StageStudy(
            study,
            space,
            sampler,
            count,
            folder=self.place.trials,
            seed=self.settings["seed"],
            is_shared=bool(self.request.storage),
        )

    def _clock(self, stage: Stage, study: StageStudy) -> Callable[[], bool]:
        """Return what says whether another trial of a stage fits into the minutes; all that was done counts."""
        if not self.budget.minutes:
            return lambda: True
        end = 60 * self.budget.minutes * SHARE_OF_MINUTES[stage.name]

        def fits() -> bool:
            seconds = [trial.user_attrs.get(SECONDS, 0.0) for trial in study.finished()]
            spent = self._spent()
            return not seconds or spent + float(np.median(seconds)) <= end

        return fits

    def _spent(self) -> float:
        """Return the seconds of all finished trials of the search."""
        return sum(
            float(trial.user_attrs.get(SECONDS, 0.0))
            for frozen in self._storage.get_all_studies()
            for trial in self._storage.get_all_trials(frozen._study_id, deepcopy=False)  # noqa: SLF001 - its only name
        )

    def _best(self, study: StageStudy) -> list[FrozenTrial]:
        """Return the trials that came to their end, the best first.

        Raises:
            RunError: None did.
        """
        ranked = study.ranked()
        if not ranked:
            problems = {trial.user_attrs.get(PROBLEM, "") for trial in study.finished()}
            raise RunError(
                f"no trial came to its end: {'; '.join(sorted(filter(None, problems))[:3])}",
                hint="search elsewhere: give --space FILE.toml with ranges that hold settings which work",
            )
        return ranked

    def _finalists(self, stage: Stage, points: list[Point]) -> StageStudy:
        """Train the best settings in full, once a seed; all of them with one seed before the next."""
        grid = Space({SEED: Choice(tuple(range(stage.seeds))), FINALIST: Choice(tuple(range(len(points))))})
        whole = Stage(stage.name, len(points) * stage.seeds, stage.length)
        study = self._study(whole, grid, NopPruner(), sampler=GRID)
        self.narrator.say(f"{stage.name}: the best {len(points)} in full, times {stage.seeds} for the seeds")

        def objective(place: Point, folder: Path, report: Reported) -> Judged:
            point = points[place[FINALIST]]
            settings = self._settings_of(point, stage, seed=place[SEED])
            rows = validation_rows(self._prepared)
            result = judged(self._prepared, settings, Run(folder), rows=rows, report=report)
            self._tell(stage, point | {SEED: settings["seed"]}, result.words)
            packed = base64.b64encode(np.packbits(result.right).tobytes()).decode()
            study.study.set_user_attr(f"{RIGHT}/{place[FINALIST]}/{place[SEED]}", packed)
            return result

        study.run(objective, may_begin=self._clock(stage, study))
        return study

    def _found(self, stages: list[StageStudy], points: list[Point], finalists: StageStudy) -> Found:
        """Return the winner: the best mean over the seeds.

        Raises:
            RunError: No finalist came to its end.
        """
        of_point: list[list[FrozenTrial]] = [[] for _ in points]
        for trial in self._best(finalists):
            of_point[trial.params[FINALIST]].append(trial)
        means = [float(np.mean([trial.value for trial in trials])) if trials else WORST for trials in of_point]
        order = sorted(range(len(points)), key=lambda place: -means[place])
        whole = [place for place in order if of_point[place]]
        rights = {place: self._rights(finalists, place, of_point[place]) for place in whole[:2]}
        runner_up = None
        if len(rights) > 1:
            runner_up = compare_seeds(*rights.values(), comparisons=len(whole) - 1)
        first = min(of_point[whole[0]], key=lambda trial: trial.params[SEED])
        stage = self.budget.stages[2]
        section = Search(
            sampler=self.request.sampler,
            judged_by=self._judged_by,
            trials=tuple(_figures(stage.study.study_name, trial) for stage in stages for trial in _ended(stage)),
            finalists=tuple(
                FinalistFigures(points[place], tuple(float(trial.value or 0.0) for trial in of_point[place]))
                for place in whole
            ),
            importances=_importances(stages[0]),
            runner_up=runner_up,
        )
        run = Run(self.place.trials / f"{finalists.study.study_name}-{first.number:04d}")
        return Found(self._settings_of(points[whole[0]], stage), run, section)

    @property
    def _judged_by(self) -> str:
        if self.request.folds:
            return f"{self.request.folds} folds of all pictures outside the test part"
        return f"{self.divided.split.counts()['validation']:,} validation pictures"

    def _rights(self, study: StageStudy, place: int, trials: list[FrozenTrial]) -> npt.NDArray[np.bool_]:
        """Return (S, n) whether each validation picture was named rightly by the trainings of one finalist."""
        count = self.divided.split.counts()["validation"]
        packed = [study.study.user_attrs[f"{RIGHT}/{place}/{trial.params[SEED]}"] for trial in trials]
        bits = [np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8), count=count) for text in packed]
        return np.array(bits, dtype=np.bool_)


def _distinct(points: list[Point]) -> list[Point]:
    """Return each point once, in their order."""
    return list({repr(sorted(point.items())): point for point in reversed(points)}.values())[::-1]


def _ended(stage: StageStudy) -> list[FrozenTrial]:
    return stage.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _figures(stage: str, trial: FrozenTrial) -> TrialFigures:
    problem = trial.user_attrs.get(PROBLEM, "")
    pruned = "pruned" if trial.state is TrialState.PRUNED else "complete"
    return TrialFigures(
        stage=stage,
        number=trial.number,
        settings=trial.params,
        state="failed" if problem else pruned,
        accuracy=float(trial.value or 0.0),
        seconds=trial.user_attrs.get(SECONDS),
        problem=problem,
    )


def _importances(stage: StageStudy) -> dict[str, float]:
    """Return how much each setting mattered in a stage; nothing where too few trials tell.

    Reference:
        F. Hutter, H. Hoos, K. Leyton-Brown, "An efficient approach for assessing hyperparameter importance" (fANOVA),
        ICML 2014. https://proceedings.mlr.press/v32/hutter14.html
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    complete = stage.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    values = {trial.value for trial in complete}
    if len(complete) < FEWEST_FOR_IMPORTANCES or len(values) == 1:
        return {}
    evaluator = FanovaImportanceEvaluator(seed=0)
    return {name: float(share) for name, share in get_param_importances(stage.study, evaluator=evaluator).items()}
